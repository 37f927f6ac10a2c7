package intake

import (
	"bytes"
	"encoding/csv"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"

	"github.com/forecall/forecall/campaigns"
)

var update = flag.Bool("update", false, "write the lists of testdata/lists anew")

const lists = "../../testdata/lists"

// fictions are ranges that regulators keep for films and books, so that a demo
// can never reach anybody: the beginning, and how many digits follow it freely.
//
//	US, CA  555-0100 to 555-0199 of every area code (ATIS, Canadian Steering Committee on Numbering)
//	GB      geographic numbers for drama (Ofcom)
//	FR      numbers for audiovisual works (Arcep)
//	DE      numbers for media (Bundesnetzagentur)
//	AU      fictitious numbers for radio, books, film and TV (ACMA)
//	SE      numbers for fiction (PTS)
var fictions = []struct {
	prefix string
	free   int
	weight int
}{
	{"+442079460", 3, 6}, {"+441214960", 3, 3}, {"+441314960", 3, 2}, {"+441414960", 3, 2}, {"+441614960", 3, 3}, {"+441174960", 3, 2}, {"+441914980", 3, 2}, {"+442896496", 3, 1}, {"+442920180", 3, 1},
	{"+3319900", 4, 6}, {"+3326191", 4, 2}, {"+3335301", 4, 2}, {"+3346571", 4, 2}, {"+3353649", 4, 2},
	{"+493023125", 3, 4}, {"+496990009", 3, 2}, {"+494066969", 3, 2}, {"+492214710", 3, 2}, {"+498999998", 3, 2},
	{"+6125550", 4, 2}, {"+6137010", 4, 2}, {"+6175550", 4, 1}, {"+6185550", 4, 1},
	{"+468465004", 2, 1}, {"+463139006", 2, 1}, {"+464062804", 2, 1},
}

// areaCodes of the United States and Canada, from coast to coast, Alaska and
// Hawaii among them.
var areaCodes = []int{
	202, 205, 206, 207, 212, 213, 214, 215, 216, 219, 267, 281, 303, 305, 307, 312, 313, 314, 317, 334, 347, 360, 385, 401, 404, 405, 406, 410, 412, 414, 415,
	416, 418, 425, 431, 438, 470, 480, 501, 502, 503, 504, 505, 508, 512, 515, 516, 519, 541, 559, 571, 573, 587, 601, 602, 603, 605, 608, 612, 614, 615, 617,
	619, 623, 647, 651, 657, 701, 702, 709, 713, 716, 718, 720, 757, 770, 775, 778, 786, 801, 802, 803, 804, 808, 813, 816, 817, 832, 850, 857, 901, 902, 904,
	907, 913, 915, 916, 917, 919, 928, 970, 971, 980,
}

// people are names as they are written in many languages: first names, last
// names, and whether the last comes first.
var people = []struct {
	language    string
	first, last string
	family      bool
	joined      bool
}{
	{"en", "James Mary Oliver Amelia George Isla Noah Ava Jack Sophie", "Smith Jones O'Brien Taylor MacLeod Brown Evans Walker Hughes St.John", false, false},
	{"es", "José María Íñigo Begoña Ángel Lucía Óscar Inés Raúl Nuria", "Núñez García Muñoz Peña Ibáñez Cañizares Güell Ordóñez López Yáñez", false, false},
	{"fr", "Zoé Noël Hélène François Anaïs Loïc Chloé Benoît Gaëlle Rémi", "Lefèvre Côté D'Arçon Châtelain Œuvrard Fauré Gérôme Bézier Noël L'Hôpital", false, false},
	{"de", "Jörg Käthe Björn Änne Günther Zoë Lüder Sören Bärbel Uwe", "Müller Weiß Größ Schäfer Böhm Jäger Strauß Köhler Groß Üblacker", false, false},
	{"pt", "João Conceição Inês Luís Mário Gonçalo Íris Tomé Aurélia Simão", "Simões Gonçalves Araújo Magalhães Leitão Brandão Luís Sá Falcão Conceição", false, false},
	{"cs", "Jiří Zdeněk Šárka Růžena Ondřej Věra Čeněk Tomáš Žofie Lukáš", "Dvořák Černý Růžička Šťastný Ježek Kříž Žák Beneš Hůlka Řezáč", false, false},
	{"pl", "Łukasz Żaneta Stanisław Świętosława Józef Małgorzata Bożena Paweł Grażyna Jędrzej", "Wiśniewski Wójcik Żółć Łęcka Dąbrowski Gałązka Śliwiński Król Zając Błażej", false, false},
	{"tr", "İbrahim Ayşe Çağla Gökçe Ömer Şule Işıl Uğur Zübeyde Ozan", "Yılmaz Şahin Öztürk Çelik Güneş Kılıç Doğan Aydın İnönü Koç", false, false},
	{"vi", "Đức Thị Hương Nguyệt Tuấn Ánh Dũng Phượng Quỳnh Vũ", "Nguyễn Trần Lê Phạm Hoàng Huỳnh Võ Đặng Bùi Đỗ", true, false},
	{"hu", "Éva Ágnes Győző Zsófia Örs Ödön Ildikó Tünde Gergő Őzike", "Nagy Tóth Szűcs Kőrösi Fehér Ördögh Vörös Győri Hajnóczy Űrházi", true, false},
	{"et", "Jüri Ülle Kärt Õnne Märt Külli Tõnu Sõdur Piret Žanna", "Õunapuu Pärn Jõgi Mägi Võsu Kütt Järvesaar Ööbik Tõnisson Šmidt", false, false},
	{"ru", "Ольга Алёна Дмитрий Наталья Ефим Юлия Семён Пётр Ксения Артём", "Ёлкин Щербак Жуков Цветаев Шишкин Хрущ Соловьёв Юдин Эйдельман Фёдоров", false, false},
	{"uk", "Ганна Їжак Євген Ілля Олеся Ґжегож Надія Юрій Соломія Андрій", "Шевченко Їжакевич Ґудзь Кравець Пономарів Лисенко Щур Зінченко Яценюк Єфремов", false, false},
	{"el", "Γιάννης Ελένη Ιωάννα Χρήστος Ζωή Ξένια Άρης Φωτεινή Ηρώ Νίκος", "Παπαδόπουλος Οικονόμου Αγγελίδης Κωνσταντίνου Βασιλείου Ψαράς Τζαβέλας Μαρής Ιωαννίδης Χατζής", false, false},
	{"ar", "محمد فاطمة أحمد عائشة يوسف نور خالد مريم إبراهيم ليلى", "العربي الخطيب النجار حداد المصري الشامي القاضي السيد البغدادي صالح", false, false},
	{"he", "יעל אברהם נועה דוד שירה יצחק מיכל אורי רחל גיא", "כהן לוי מזרחי פרץ ביטון אברהמי שפירא גולן צור רוזן", false, false},
	{"fa", "شیرین پرویز ژاله گیتی چنگیز آرش مهتاب کیوان لیلا بهرام", "احمدی پژمان چراغی گلستانی ژیان کریمی موسوی هاشمی یزدی رضایی", false, false},
	{"hi", "आरती राजेश कृष्ण प्रिया विक्रम सीता अर्जुन मीरा हरि ऋतु", "शर्मा गुप्ता सिंह अय्यर मिश्रा वर्मा त्रिपाठी जोशी चौधरी ठाकुर", false, false},
	{"zh", "小明 秀英 伟 丽娟 建国 芳 子涵 志强 美玲 浩然", "王 李 张 刘 陈 欧阳 赵 黄 周 司马", true, true},
	{"ja", "太郎 花子 さくら 健一 ユウキ 美咲 翔太 千尋 陽菜 大輔", "山田 佐藤 髙橋 渡邉 﨑山 小林 加藤 吉田 伊藤 中村", true, true},
	{"ko", "민수 지영 서연 준호 하은 현우 예진 성민 유나 도윤", "김 이 박 최 정 남궁 강 조 윤 황보", true, true},
}

var products = strings.Split("Fibre 100|Fibre 300|Fibre 1000|Solar 4 kWp|Solar 8 kWp|Wärmepumpe|Seguro de hogar|Öko-Strom|Ready-made, \"Plus\"|ソーラー", "|")

var companies = strings.Split("Acme & Söhne|Núñez, Hijos S.L.|Łódź Logistics|Őrségi Kft.|Tõnu Töökoda OÜ|ООО «Ёж»|北京科技有限公司|株式会社さくら|شركة النور|\"Quotes\" Ltd|O'Neill & Co.|Ελλάς Α.Ε.", "|")

// notes hold what breaks programs: delimiters, quotes, formulas, signs beyond
// the first plane, right to left within left to right.
var notes = strings.Split("call after 5 pm|=SUM(A1:A9)|+1 if she asks|-20 % promised|@home only|says \"maybe\"; ask again|🎉 birthday 🎂|prefers 中文 or English|שלום then English|a'postrophe|naïve café, très occupé|<b>bold</b> & co|1e10|tab\there|𝔘nicode", "|")

// cast draws people who do not exist, always the same ones.
type cast struct {
	rng  *rand.Rand
	used map[string]bool
}

func (c *cast) pick(words []string) string { return words[c.rng.IntN(len(words))] }

func (c *cast) name() (name, language string) {
	p := people[c.rng.IntN(len(people))]
	first, last := c.pick(strings.Fields(p.first)), c.pick(strings.Fields(p.last))
	switch {
	case p.joined:
		return last + first, p.language
	case p.family:
		return last + " " + first, p.language
	}
	return first + " " + last, p.language
}

// number draws one that nobody on the list has.
func (c *cast) number() string {
	for {
		number := c.american()
		if c.rng.IntN(100) < 40 {
			number = c.european()
		}
		if !c.used[number] {
			c.used[number] = true
			return number
		}
	}
}

func (c *cast) american() string {
	return fmt.Sprintf("+1%d55501%02d", areaCodes[c.rng.IntN(len(areaCodes))], c.rng.IntN(100))
}

func (c *cast) european() string {
	total := 0
	for _, f := range fictions {
		total += f.weight
	}
	n := c.rng.IntN(total)
	for _, f := range fictions {
		if n -= f.weight; n < 0 {
			number := f.prefix
			for range f.free {
				number += string(rune('0' + c.rng.IntN(10)))
			}
			return number
		}
	}
	panic("the weights add up")
}

// written is a number as it stands in a list: most plainly, some as people
// write them at home in the United States.
func (c *cast) written(number string) string {
	if !strings.HasPrefix(number, "+1") || c.rng.IntN(5) > 0 {
		return number
	}
	return fmt.Sprintf("(%s) %s-%s", number[2:5], number[5:8], number[8:])
}

func (c *cast) maybe(percent int, words []string) string {
	if c.rng.IntN(100) >= percent {
		return ""
	}
	return c.pick(words)
}

// demoList writes the list that the demo dials.
func demoList(t *testing.T) []byte {
	t.Helper()
	c := &cast{rng: rand.New(rand.NewPCG(2026, 11)), used: map[string]bool{}}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	rows := [][]string{{"customer_id", "name", "company", "phone", "mobile", "language", "product", "note"}}
	for i := range 2000 {
		name, language := c.name()
		second := ""
		if c.rng.IntN(100) < 15 {
			second = c.written(c.number())
		}
		rows = append(rows, []string{
			fmt.Sprintf("D-%04d", i+1), name, c.maybe(30, companies), c.written(c.number()), second, language, c.pick(products), c.maybe(12, notes),
		})
	}
	if err := w.WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// frenchList is the same kind of list as an office program exports it.
func frenchList(t *testing.T) []byte {
	t.Helper()
	c := &cast{rng: rand.New(rand.NewPCG(33, 1)), used: map[string]bool{}}
	var b strings.Builder
	b.WriteString("Prénom;Nom;Société;Téléphone fixe;Téléphone portable;Intérêt\r\n")
	p := people[2]
	for i := range 40 {
		mobile := ""
		if i%8 == 3 {
			mobile = fmt.Sprintf("+33 2 61 91 %02d %02d", i, c.rng.IntN(100))
		}
		fmt.Fprintf(&b, "%s;%s;Société n° %d – « L’Été » €;01 99 00 %02d %02d;%s;Énergie\r\n", c.pick(strings.Fields(p.first)), c.pick(strings.Fields(p.last)), i, i, c.rng.IntN(100), mobile)
	}
	text, err := charmap.Windows1252.NewEncoder().String(b.String())
	if err != nil {
		t.Fatal(err)
	}
	return []byte(text)
}

func golden(t *testing.T, name string, want []byte) string {
	t.Helper()
	path := filepath.Join(lists, name)
	if *update {
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what this test generates (-update writes it anew)", name)
	}
	return string(got)
}

func TestTheDemoListIsWholeAndReachesNobody(t *testing.T) {
	text := golden(t, "demo.csv", demoList(t))
	m, r := bring(t, text, Options{DefaultRegion: "US"})
	if r.Counts != (campaigns.LoadCounts{Rows: 2000, Added: 2000}) || r.PhonesOut != 0 || r.Reread != 0 {
		t.Fatalf("%+v %+v", r.Counts, r.First)
	}
	if strings.Count(text, "\n") != 2001 {
		t.Error("the demo cuts the list by lines, so no row may have two")
	}
	twice, languages, fields := 0, map[string]bool{}, map[string]bool{}
	for _, c := range m.contacts {
		if len(c.Phones) == 2 {
			twice++
		}
		languages[c.Language] = true
		for k := range c.Fields {
			fields[k] = true
		}
		for _, p := range c.Phones {
			if !fictitious(p.Number) {
				t.Errorf("%s may be somebody's number", p.Number)
			}
			if len(p.Zones) == 0 {
				t.Errorf("%s has no zone", p.Number)
			}
		}
	}
	if twice < 200 || len(languages) != len(people) || len(fields) != 2 {
		t.Errorf("%d contacts with two phones, %d languages, fields %v", twice, len(languages), fields)
	}
}

// fictitious tells whether a number stands in a range that is kept for fiction.
func fictitious(number string) bool {
	if strings.HasPrefix(number, "+1") {
		return number[5:10] == "55501" && len(number) == 12
	}
	for _, f := range fictions {
		prefix := f.prefix
		if f.weight > 0 && strings.HasPrefix(number, prefix) && len(number) == len(prefix)+f.free {
			return true
		}
	}
	return false
}

func TestAListOfAnOfficeProgramInWindows1252IsReadWithoutAnyOption(t *testing.T) {
	text := golden(t, "france-windows-1252.csv", frenchList(t))
	m, r := bring(t, text, Options{DefaultRegion: "FR"})
	if r.Counts.Added != 40 || r.Charset.Name != "windows-1252" || r.Delimiter != ";" {
		t.Fatalf("%+v %+v", r, r.First)
	}
	c := m.contacts[3]
	if !strings.HasPrefix(c.Company, "Société n° 3 – « L’Été » €") || len(c.Phones) != 2 || c.Phones[0].Label != "home" || c.Fields["Intérêt"] != "Énergie" {
		t.Errorf("%+v", c)
	}
}
