package main

import (
	"strings"
	"testing"
)

func TestWhatIsAskedWronglyEndsWithStatusTwoAndSaysWhatToDo(t *testing.T) {
	folder := withCampaign(t)
	list := write(t, "list.csv", "name,phone\nAnn,+34600111222\n")
	for _, c := range []struct{ args, want string }{
		{"bogus", `unknown command "bogus" for "forecall"; see forecall --help`},
		{"--bogus", "unknown flag: --bogus; see forecall --help"},
		{"serve extra", "see forecall serve --help"},
		{"serve --drain-limit soon", `invalid argument "soon" for "--drain-limit"`},
		{"config chek", `unknown command "chek" for "forecall config"`},
		{"config check --config /nowhere.yaml", "/nowhere.yaml"},
		{"call", "accepts 1 arg(s), received 0; see forecall call --help"},
		{"call +34600111222 --ring 5s", "--ring 5s: at least 15s"},
		{"call +34600111222 --talk -1s", "--talk -1s: 0s to 10m0s"},
		{"call +34600111222", "trunks: none is configured"},
		{"call 600111222", "600111222"},
		{"import", "which file?"},
		{"import a b", "accepts at most 1 arg(s), received 2"},
		{"import " + list, "--campaign: which campaign"},
		{"import /nowhere.csv --campaign Spring --data " + folder, "/nowhere.csv: no such file"},
		{"import " + folder + " --campaign Spring --data " + folder, "is a folder"},
		{"import " + list + " --campaign Nobody --data " + folder, "--campaign Nobody: no campaign is named so"},
		{"import " + list + " --campaign Spring --data /nowhere", "/nowhere holds no forecall data; name the folder with --data"},
		{"import " + list + " --campaign Spring --delimiter ;;", `--delimiter ";;": one character, or tab`},
		{"import " + list + " --campaign Spring --duplicates some", `--duplicates "some": skip, allow or update`},
		{"import " + list + " --campaign Spring --header maybe", `--header "maybe": yes or no`},
		{"import " + list + " --campaign Spring --column phone", "--column"},
		{"import --undo 0 --data " + folder, "--undo 0: the number of a load"},
		{"import --undo 1 " + list, "reads no file"},
		{"export --format xml", `--format "xml": csv or jsonl`},
		{"export --what people", `--what "people": calls, sales, appointments, answers, surveys or complaints`},
		{"export --what sales --format jsonl", "JSON lines hold them within the calls"},
		{"export --outcome happy", `--outcome "happy": one of [connected`},
		{"export --from yesterday", `--from "yesterday": write 2026-11-22`},
		{"export --agent nobody --data " + folder, "--agent nobody: nobody has this login"},
		{"export --campaign Nobody --data " + folder, "--campaign Nobody: no campaign is named so"},
		{"export --out /nowhere/x.csv --data " + folder, "--out: open /nowhere/"},
		{"verify --data a --server http://b", "[data server]"},
		{"verify --server http://127.0.0.1:1", "--server needs --user"},
		{"verify --server 127.0.0.1:1 --user ann --password-file " + list, `--server "127.0.0.1:1": write the whole address`},
		{"verify --carrier-log /nowhere --data " + folder, "/nowhere"},
		{"simulate", "which scenario? name a file, - for standard input, --table, or --from-campaign NAME"},
		{"simulate /nowhere.yaml", "/nowhere.yaml: no such file"},
		{"simulate " + list, "list.csv"},
		{"simulate a --seeds 0", "--seeds 0: at least 1"},
		{"simulate a --sizes 0,3", "--sizes 0: 1 to 5000 agents"},
		{"simulate a --policy guess", `--policy: no such policy: "guess"; there are progressive,`},
		{"simulate a --cells n20", "--cells goes with --table"},
		{"simulate --table a", "--table runs the yardstick and no file"},
		{"simulate --table --cells n7", "--cells n7: there is no such cell"},
		{"simulate a --days 3", "--days goes with --from-campaign"},
		{"simulate --from-campaign Nobody --data " + folder, "--campaign Nobody: no campaign is named so"},
		{"simulate --from-campaign Spring --table", "no file, --table or --sizes with it"},
		{"explain", "accepts 1 arg(s), received 0"},
		{"explain +34600111222", "--campaign: which campaign"},
		{"explain +34600111222 --campaign Spring --at noon", `--at "noon": write 2026-11-22`},
		{"explain +34600111222 --campaign Nobody --data " + folder, "--campaign Nobody: no campaign is named so"},
		{"explain hello --campaign Spring --data " + folder, "hello: not a number that may be dialed"},
		{"demo --agents 0", "--agents 0: 1 to 200"},
		{"demo --contacts -1", "--contacts -1: 1 to 2000"},
		{"demo --speed NaN", "--speed: not a number"},
		{"demo --for -1s", "--for -1s: not less than 0"},
		{"demo --seed -1", `invalid argument "-1" for "--seed"`},
	} {
		t.Run(c.args, func(t *testing.T) {
			status, out, errOut := forecall(strings.Fields(c.args)...)
			if status != exitUsage || out != "" || !strings.HasPrefix(errOut, "forecall: ") || !strings.Contains(errOut, c.want) {
				t.Errorf("status %d, want 2\n%s%swant a message with %s", status, out, errOut, c.want)
			}
		})
	}
}

func TestEveryCommandExplainsItself(t *testing.T) {
	if out := must(t); !strings.Contains(out, "forecall demo") {
		t.Errorf("without a command it does not say where to begin:\n%s", out)
	}
	for _, name := range []string{"serve", "demo", "call", "import", "export", "verify", "simulate", "explain", "dnc", "dnc add", "dnc import", "dnc check", "clock", "clock acknowledge", "config", "config check", "config show", "version"} {
		out := must(t, append(strings.Fields(name), "--help")...)
		if !strings.Contains(out, "Usage:\n  forecall "+name) {
			t.Errorf("forecall %s --help:\n%s", name, out)
		}
	}
	if out := must(t, "version"); !strings.HasPrefix(out, "forecall ") {
		t.Errorf("version: %s", out)
	}
}

func TestTheDataFolderOfTheConfigurationIsWorkedOnUnlessAFlagNamesAnother(t *testing.T) {
	named, other := withCampaign(t), withCampaign(t)
	file := write(t, "forecall.yaml", "data: "+other+"\n")
	list := write(t, "list.csv", "name,phone\nAnn,+34600111222\n")
	t.Setenv("FORECALL_DATA", "/nowhere/by-environment")
	if status, _, errOut := forecall("verify"); status != exitUsage || !strings.Contains(errOut, "/nowhere/by-environment holds no forecall data") {
		t.Errorf("by environment: status %d, %s", status, errOut)
	}
	must(t, "import", list, "--campaign", "Spring", "--data", named)
	t.Setenv("FORECALL_DATA", "")
	must(t, "import", list, "--campaign", "Spring", "--config", file)
	for _, folder := range []string{named, other} {
		if got := contacts(t, folder); len(got) != 1 {
			t.Errorf("%s holds %v, want one person", folder, got)
		}
	}
}
