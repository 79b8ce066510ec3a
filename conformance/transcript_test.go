package conformance_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/cenotehq/cenote/conformance"
)

// TestCommandLine plays the transcripts of testdata/cli with the AWS CLI, and then looks whether they called everything
// that the server has.
//
// A transcript shows commands, each behind "$ " and perhaps before a line that goes on after "\", and beneath each what
// it has to print, JSON in any layout. In what is printed … stands for anything within a line and its strings, and
// {NAME} for a value that is kept under that name, or that has to be the one kept; commands have it in its place. Kept
// from the beginning are the METADATA of a SAML provider and a RESPONSE of it. "#" begins a comment.
func TestCommandLine(t *testing.T) {
	t.Parallel()
	w := startWorld(t, conformance.Options{})
	staff := newSAML(t, "Staff")
	s := &prompt{
		shell: conformance.NewShell(t, w.URL, "testdata/cli"), root: w.Root,
		given: kept{"METADATA": staff.Metadata(), "RESPONSE": staff.response(t, "alice", accountARN+":role/staff", nil)},
		called: map[string]bool{
			"sts:DecodeAuthorizationMessage":  true, // by authorizationMessages, which has a message to decode
			"cognito-identity:UnlinkIdentity": true, // by TestUnlink, which has tokens
		},
	}
	files, err := filepath.Glob("testdata/cli/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("there are %d transcripts: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) { s.play(t, file) })
	}
	if t.Failed() {
		t.Fatal("what was called is not complete, so it is not checked")
	}
	t.Run("every other operation is refused", func(t *testing.T) { w.refusesOthers(t, s.called) })
}

// prompt is where transcripts are played, one after another.
type prompt struct {
	shell  *conformance.Shell
	root   aws.Credentials
	given  kept            // values that transcripts begin with
	called map[string]bool // "service:Operation" that succeeded
}

// scene is a command and what it has to print.
type scene struct {
	line          int
	command, want string
}

func (s *prompt) play(t *testing.T, file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	values := maps.Clone(s.given)
	for _, scene := range scenes(string(text)) {
		keys, arguments, ok := values.words(scene.command, s.root)
		if !ok {
			t.Fatalf("%s:%d: not a command, or one with a name that stands for nothing: %s", file, scene.line, scene.command)
		}
		out := s.shell.Run(t, keys, arguments...)
		got := out.Output
		switch out.Code {
		case 0:
			for _, call := range out.Calls {
				s.called[call] = true
			}
		case 254:
			got = out.Errors
		default:
			t.Fatalf("%s:%d: %s\nended with %d: %s", file, scene.line, scene.command, out.Code, out.Errors)
		}
		if want, got := canonical(scene.want), canonical(got); !values.match(want, got) {
			t.Errorf("%s:%d: %s\nprinted %s\nwant %s", file, scene.line, scene.command, got, values.fill(want))
		}
	}
}

// scenes are those of a transcript.
func scenes(text string) []scene {
	var all []scene
	goesOn := false
	for i, line := range strings.Split(text, "\n") {
		command, begins := strings.CutPrefix(line, "$ ")
		switch {
		case begins:
			all = append(all, scene{line: i + 1, command: command})
		case len(all) == 0 || strings.HasPrefix(line, "#"):
			continue
		case goesOn:
			last := &all[len(all)-1]
			last.command = strings.TrimSuffix(last.command, `\`) + strings.TrimSpace(line)
		default:
			all[len(all)-1].want += line + "\n"
		}
		goesOn = strings.HasSuffix(all[len(all)-1].command, `\`)
	}
	return all
}

// kept are the values that a transcript keeps, by name.
type kept map[string]string

// fill puts values in the place of their names.
func (k kept) fill(text string) string {
	for name, value := range k {
		text = strings.ReplaceAll(text, "{"+name+"}", value)
	}
	return text
}

// words reads a command: perhaps assignments of the keys to sign with, aws, and its arguments, quoted with ' as in a
// shell.
func (k kept) words(command string, root aws.Credentials) (keys aws.Credentials, arguments []string, ok bool) {
	command = k.fill(command)
	if regexp.MustCompile(`\{[A-Z]+\}`).MatchString(command) {
		return keys, nil, false
	}
	var words []string
	for _, word := range regexp.MustCompile(`(?:'[^']*'|[^\s'])+`).FindAllString(command, -1) {
		words = append(words, strings.ReplaceAll(word, "'", ""))
	}
	program := slices.Index(words, "aws")
	if program < 0 {
		return keys, nil, false
	}
	if program == 0 {
		return root, words[1:], true
	}
	for _, assignment := range words[:program] {
		name, value, _ := strings.Cut(assignment, "=")
		place, known := map[string]*string{
			"AWS_ACCESS_KEY_ID": &keys.AccessKeyID, "AWS_SECRET_ACCESS_KEY": &keys.SecretAccessKey, "AWS_SESSION_TOKEN": &keys.SessionToken,
		}[name]
		if !known {
			return keys, nil, false
		}
		*place = value
	}
	return keys, words[program+1:], true
}

// match compares what is printed, and keeps what is new.
func (k kept) match(want, got string) bool {
	pattern := regexp.QuoteMeta(k.fill(want))
	pattern = strings.ReplaceAll(pattern, "…", `[^"\n]*?`)
	pattern = regexp.MustCompile(`\\\{([A-Z]+)\\\}`).ReplaceAllString(pattern, `(?P<$1>[^"\s]+)`)
	compiled, err := regexp.Compile("^" + pattern + "$")
	if err != nil {
		return false // a new name stands twice
	}
	found := compiled.FindStringSubmatch(got)
	for i, name := range compiled.SubexpNames() {
		if found != nil && name != "" {
			k[name] = found[i]
		}
	}
	return found != nil
}

// canonical lays out JSON in one way, and takes other text as it is.
func canonical(text string) string {
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		return strings.TrimSpace(text)
	}
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(value); err != nil {
		return strings.TrimSpace(text)
	}
	return strings.TrimSpace(b.String())
}
