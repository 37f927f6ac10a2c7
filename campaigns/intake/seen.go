package intake

// Memory of the numbers of a file: an open-addressing table in shards, twelve
// bytes a slot, exact (an E.164 number fits into 50 bits).
const (
	shardCount = 64
	firstSlots = 256
	// mostSlots bounds a shard, so that all of them take 48 MiB at most: about
	// three million numbers. What does not fit is left to the store, which
	// knows the numbers that were stored before.
	mostSlots = 1 << 16
)

// seen remembers the numbers of a file with the line of their first occurrence.
type seen struct {
	shards    [shardCount]shard
	forgotten int64 // numbers that did not fit
}

type shard struct {
	keys  []uint64 // 0 = free
	lines []uint32
	used  int
}

// first returns the line on which the number stood first, and 0 when it is
// new: then it stands on this line from now on.
func (s *seen) first(e164 string, line int) int {
	key := packed(e164)
	hash := key * 0x9e3779b97f4a7c15 // Fibonacci hashing: the top bits are the good ones
	sh := &s.shards[hash>>58]
	if sh.keys == nil {
		sh.grow(firstSlots)
	}
	i := sh.slot(key, hash)
	if sh.keys[i] == key {
		return int(sh.lines[i])
	}
	if sh.used*5 >= len(sh.keys)*4 {
		if len(sh.keys) >= mostSlots {
			s.forgotten++
			return 0
		}
		sh.grow(2 * len(sh.keys))
		i = sh.slot(key, hash)
	}
	sh.keys[i], sh.lines[i] = key, uint32(line)
	sh.used++
	return 0
}

// slot is where the key is, or the free place where it belongs.
func (sh *shard) slot(key, hash uint64) int {
	mask := len(sh.keys) - 1
	i := int(hash>>20) & mask
	for sh.keys[i] != 0 && sh.keys[i] != key {
		i = (i + 1) & mask
	}
	return i
}

func (sh *shard) grow(slots int) {
	old := *sh
	sh.keys, sh.lines = make([]uint64, slots), make([]uint32, slots)
	for j, key := range old.keys {
		if key != 0 {
			i := sh.slot(key, key*0x9e3779b97f4a7c15)
			sh.keys[i], sh.lines[i] = key, old.lines[j]
		}
	}
}

// packed is the number as an integer, never 0: a one stands before its digits.
func packed(e164 string) uint64 {
	n := uint64(1)
	for i := 1; i < len(e164); i++ {
		n = n*10 + uint64(e164[i]-'0')
	}
	return n
}
