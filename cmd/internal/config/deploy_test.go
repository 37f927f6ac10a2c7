package config

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

const top = "../../../"

// variables are the names of the environment that we read.
func variables() map[string]bool {
	c := Default()
	out := map[string]bool{}
	for _, s := range settings(&c) {
		out[s.env()] = true
	}
	return out
}

// TestWhatTheDeploymentFilesSetIsReadByTheConfiguration: a variable that is misspelt
// would be passed over in silence.
func TestWhatTheDeploymentFilesSetIsReadByTheConfiguration(t *testing.T) {
	known, word := variables(), regexp.MustCompile(`\bFORECALL_[A-Z0-9_]+`)
	for file, least := range map[string]int{"compose.yaml": 20, "Dockerfile": 1, "docs/deploy/kubernetes/forecall.yaml": 15, "docs/deploy/forecall.service": 1} {
		text, err := os.ReadFile(top + file)
		if err != nil {
			t.Fatal(err)
		}
		found := word.FindAllString(string(text), -1)
		if len(found) < least {
			t.Errorf("%s: %d variables: this test does not read it", file, len(found))
		}
		for _, name := range found {
			if !known[name] {
				t.Errorf("%s sets %s, which no key reads", file, name)
			}
		}
	}
}

// composed is the compose file, its anchors resolved.
type composed struct {
	Services map[string]struct {
		Environment map[string]string
		Networks    any
		Volumes     []string
		Command     []string
		DependsOn   map[string]any `yaml:"depends_on"`
	}
	Volumes  map[string]any
	Networks map[string]any
}

func TestEachNodeOfTheComposeFileStartsWithAConfigurationThatIsWhole(t *testing.T) {
	text, err := os.ReadFile(top + "compose.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var c composed
	if err := yaml.Unmarshal(text, &c); err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, service := range []string{"node-1", "node-2", "node-3"} {
		s, there := c.Services[service]
		if !there {
			t.Fatalf("no %s in %v", service, slices.Collect(maps.Keys(c.Services)))
		}
		for key, value := range s.Environment {
			value = strings.NewReplacer("${POSTGRES_PASSWORD:?}", "x", "${FORECALL_CLUSTER_SECRET:?}", strings.Repeat("s", 32)).Replace(value)
			t.Setenv(key, value)
		}
		l, err := Load(Source{File: top + "docs/deploy/compose/forecall.yaml"})
		if err != nil {
			t.Fatalf("%s: %v", service, err)
		}
		if !l.Several() || l.Live != LiveRedis || l.Cluster.Name != service || names[l.Cluster.Listen] || len(l.Trunks) != 1 {
			t.Errorf("%s: %+v", service, l.Cluster)
		}
		names[l.Cluster.Listen] = true
		for _, volume := range s.Volumes {
			from, _, _ := strings.Cut(volume, ":")
			if _, named := c.Volumes[from]; !named && !exists(top+from) {
				t.Errorf("%s: volume %s is neither named nor a file", service, volume)
			}
		}
		for needed := range s.DependsOn {
			if _, there := c.Services[needed]; !there {
				t.Errorf("%s waits for %s, which is none", service, needed)
			}
		}
	}
}

func exists(file string) bool {
	_, err := os.Stat(filepath.FromSlash(file))
	return err == nil
}

// TestTheTrialOfThreeNodesIsAConfigurationThatIsWhole: README and the guide name it.
func TestTheTrialOfThreeNodesIsAConfigurationThatIsWhole(t *testing.T) {
	t.Chdir(top)
	l, err := Load(Source{File: "docs/deploy/trial.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Validate(); err != nil {
		t.Error(err)
	}
	if !exists(l.Campaigns[0].Lists[0].File) || len(l.Users) != 7 {
		t.Errorf("%+v", l.Campaigns[0])
	}
}

func TestTheKubernetesManifestsAreWholeAndGiveADrainItsTime(t *testing.T) {
	text, err := os.ReadFile(top + "docs/deploy/kubernetes/forecall.yaml")
	if err != nil {
		t.Fatal(err)
	}
	kinds, grace := map[string]bool{}, 0
	for d := yaml.NewDecoder(strings.NewReader(string(text))); ; {
		var m struct {
			Kind string
			Spec struct {
				Template struct {
					Spec struct {
						Grace int `yaml:"terminationGracePeriodSeconds"`
					}
				}
			}
		}
		if d.Decode(&m) != nil {
			break
		}
		kinds[m.Kind] = true
		grace = max(grace, m.Spec.Template.Spec.Grace)
	}
	for _, kind := range []string{"Job", "StatefulSet", "PodDisruptionBudget", "Service"} {
		if !kinds[kind] {
			t.Errorf("no %s in %v", kind, kinds)
		}
	}
	if float64(grace) <= Default().Drain.Limit.Seconds() {
		t.Errorf("a node is killed after %d s, a drain may last %s", grace, Default().Drain.Limit)
	}
}
