package node

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/cmd/internal/client"
	"github.com/forecall/forecall/testdata"
)

// boss logs a manager in at a node.
func (o *town) boss(t *testing.T, at *resident) *client.Client {
	t.Helper()
	m := client.New(at.node.URL())
	_, err := m.Login(within(t), managerLogin, o.secret)
	if err == nil {
		o.campaign, err = m.CampaignID(within(t), campaignName)
	}
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// imported reads what became of the imports of the campaign; nothing while nobody leads.
func (o *town) imported(t *testing.T, m *client.Client) (newest api.Import) {
	t.Helper()
	var all struct{ Imports []api.Import }
	if err := m.Read(within(t), fmt.Sprintf("/v1/imports?campaign=%d", o.campaign), &all); err != nil || len(all.Imports) == 0 {
		return api.Import{}
	}
	return all.Imports[0]
}

// march is a list of people, and how it is imported.
func (o *town) march(people int) (query url.Values, text string) {
	var rows strings.Builder // half of it is more than the reader wants before it begins
	rows.WriteString("name,phone,note\n")
	for i := range people {
		fmt.Fprintf(&rows, "Person %d,%s,%s\n", i+1, fictional(i), strings.Repeat("word ", 200))
	}
	return url.Values{"campaign": {fmt.Sprint(o.campaign)}, "list": {"March"}, "region": {"US"}, "source": {"march.csv"}}, rows.String()
}

// bring begins an import, whose text goes on with in, and returns when some are stored.
func (o *town) bring(t *testing.T, m *client.Client, query url.Values, text string) (in *io.PipeWriter, answer chan error) {
	t.Helper()
	body, in := io.Pipe()
	ctx, answer := within(t), make(chan error, 1)
	go func() { answer <- m.Upload(ctx, "/v1/imports", query, body, &api.Import{}) }()
	if _, err := io.WriteString(in, text); err != nil {
		t.Fatal(err)
	}
	eventually(t, "some are stored", func() bool {
		loads, err := o.nodes[0].node.db.Loads(within(t), o.campaign)
		return err == nil && len(loads) == 1 && loads[0].Counts.Added > 0
	})
	return in, answer
}

// TestAnUploadThatStandsStillDoesNotHoldANodeThatStops: it ends at once, and whoever sends
// it is told how far it came; over another node when they go on.
func TestAnUploadThatStandsStillDoesNotHoldANodeThatStops(t *testing.T) {
	for _, over := range []bool{false, true} {
		t.Run(fmt.Sprint("over another ", over), func(t *testing.T) {
			o := openTown(t, openVillage(t, at50ms).addr(), 2)
			first := o.leader()
			at := first
			if over {
				at = without(o.nodes, first)[0]
			}
			m := o.boss(t, at)
			query, text := o.march(1600)
			in, answer := o.bring(t, m, query, text[:len(text)/2])
			defer in.Close()
			began := time.Now()
			first.soft()
			if over { // a proxy answers when the sender has sent what it has
				await(t, first.name+" ends", first.ended)
				_ = in.Close()
			}
			select {
			case err := <-answer:
				if err == nil || !strings.Contains(err.Error(), "when it was stopped, or node "+first.name+" was") {
					t.Errorf("the sender is told: %v", err)
				}
			case <-time.After(patience):
				_ = in.Close() // or the client waits for it
				t.Fatal("no answer")
			}
			await(t, first.name+" ends", first.ended)
			if took := time.Since(began); took > 15*time.Second {
				t.Errorf("the node ended after %s", took)
			}
		})
	}
}

// TestAnImportThatTheEndOfTheLeaderCutIsToldAndBroughtAgain: the node that leads is taken
// for dead while it reads a list. At any node the manager sees how far it came, and who
// brings the file again has everybody once.
func TestAnImportThatTheEndOfTheLeaderCutIsToldAndBroughtAgain(t *testing.T) {
	const people = 1600
	o := openTown(t, openVillage(t, at50ms).addr(), 2)
	first := o.leader()
	other := without(o.nodes, first)[0]
	m := o.boss(t, first)
	query, text := o.march(people)

	in, answer := o.bring(t, m, query, text[:len(text)/2])
	if _, err := other.node.db.EndNode(within(t), first.node.several.member.View().Self.ID, time.Microsecond); err != nil {
		t.Fatal(err)
	}
	_ = in.CloseWithError(io.ErrUnexpectedEOF)
	if err := <-answer; err == nil {
		t.Error("the import of half a list came to its end")
	}
	for _, r := range o.nodes {
		at := m.At(r.node.URL())
		eventually(t, "the manager is told at "+r.name, func() bool { return o.imported(t, at).State == "failed" })
		if said := o.imported(t, at).Error; !strings.Contains(said, "by the end of node "+first.name) || !strings.Contains(said, "after line ") || !strings.Contains(said, "Upload the file again") {
			t.Errorf("%s says: %s", r.name, said)
		}
	}

	var again api.Import
	eventually(t, "the file is brought again", func() bool {
		return m.At(other.node.URL()).Upload(within(t), "/v1/imports", query, strings.NewReader(text), &again) == nil
	})
	if n := again.Counts; again.State != "done" || n.Rows != people || n.Duplicates == 0 || n.Added+n.Duplicates != people {
		t.Errorf("brought again: %s, %+v", again.State, n)
	}
	if d, err := other.node.Depth(within(t), o.campaign); err != nil || d.Total != people {
		t.Errorf("%d people are there, %v", d.Total, err)
	}
}

// TestAPromptThatOneNodeHasIsPlayedByEveryNode: however it came to that node.
func TestAPromptThatOneNodeHasIsPlayedByEveryNode(t *testing.T) {
	o := openTownOf(t, openVillage(t, at50ms).addr(), 2, func(i int, s *Settings) {
		folder := filepath.Join(s.Config.Data, promptsFolder)
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, s.Config.Cluster.Name+".wav"), testdata.SafeHarbour, 0o600); err != nil {
			t.Fatal(err)
		}
	})
	first := o.leader()
	other := without(o.nodes, first)[0]
	named := filepath.Join(t.TempDir(), "named.wav") // by the configuration of one node
	if err := os.WriteFile(named, testdata.SafeHarbour, 0o600); err != nil {
		t.Fatal(err)
	}
	lead := first.node.lead.Load()
	lead.givePrompt(within(t), first.node.prompts.files.(sharedPrompts), named, named)
	if err := os.Remove(named); err != nil {
		t.Fatal(err)
	}
	m := o.boss(t, other)
	if err := m.Upload(within(t), "/v1/prompts", url.Values{"file": {"hola.wav"}}, bytes.NewReader(testdata.SafeHarbour), &api.Prompt{}); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"hola.wav", first.name + ".wav", named} {
		for _, r := range o.nodes {
			if p, err := r.node.prompts.read(file); err != nil || p.Duration() == 0 {
				t.Errorf("%s at %s: %v", filepath.Base(file), r.name, err)
			}
		}
	}

	for _, file := range []string{"hola.wav", first.name + ".wav"} {
		if err := m.Delete(within(t), "/v1/prompts/"+file, nil); err != nil {
			t.Fatal(err)
		}
	}
	first.end(t)
	eventually(t, "another leads", func() bool { return o.leader() == other })
	listed, err := promptFolder(other.node.prompts).List()
	if _, own := listed[other.name+".wav"]; err != nil || !own || len(listed) != 1 {
		t.Errorf("listed: %v, %v", listed, err)
	}
	for _, file := range []string{"hola.wav", first.name + ".wav"} {
		if _, err := other.node.prompts.read(file); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s was deleted: %v", file, err)
		}
	}
	if _, err := first.node.prompts.files.(sharedPrompts).here.Open(within(t), first.name+".wav"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the copy of the node that led: %v", err)
	}
}

// A list of the configuration that the end of a node left half is read again.
func TestAListIsHalfWhenItsLastLoadWasCut(t *testing.T) {
	at := time.Now()
	whole := campaigns.Load{List: 1, By: bySystem, EndedAt: at}
	cut := campaigns.Load{List: 1, By: bySystem, EndedAt: at, Cut: campaigns.CutNode}
	running, undone, byHand := campaigns.Load{List: 1, By: bySystem}, cut, cut
	undone.UndoneAt, byHand.By = at, "eva"
	for name, is := range map[string]struct {
		loads []campaigns.Load // the newest first
		half  bool
	}{
		"whole": {[]campaigns.Load{whole}, false}, "cut": {[]campaigns.Load{cut, whole}, true}, "mended": {[]campaigns.Load{whole, cut}, false},
		"of a node that leads no more": {[]campaigns.Load{running}, true}, "undone": {[]campaigns.Load{undone}, false}, "brought by hand": {[]campaigns.Load{byHand, whole}, false},
		"never loaded": {nil, false}, "another list": {[]campaigns.Load{{List: 2, By: bySystem, Cut: campaigns.CutNode}}, false},
	} {
		if half(is.loads, 1) != is.half {
			t.Errorf("%s: half is %t", name, !is.half)
		}
	}
}
