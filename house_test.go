package cenote_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	module       = "github.com/cenotehq/cenote"
	maxFileLines = 400
	maxFuncLines = 60
)

// arrows tells which of our packages each of them may import.
func arrows() map[string]string {
	return map[string]string{
		"arn":         "",
		"fault":       "",
		"seal":        "",
		"sigv4":       "",
		"jsontree":    "",
		"pgtest":      "",
		"pgtest/with": "pgtest",
		"token":       "jsontree",
		"policy":      "arn",
		"iam":         "arn fault policy token",
		"sts":         "arn fault iam policy seal token",
		"cognito":     "arn fault iam policy sts token",
		"provider":    "sigv4 token",
		"kms":         "sigv4",
		"issuer":      "token",
		"testidp":     "token",
		"wire":        "fault jsontree",
		"audit":       "fault",
		"store":       "cognito iam policy seal",
		"server":      "arn audit cognito fault iam issuer policy provider sigv4 sts token wire",
		"awsaccount":  "arn cognito fault iam policy",
		"cmd/cenote":  "arn audit awsaccount cognito fault iam issuer kms policy provider seal server sigv4 sts store testidp token",
		"gate":        "sigv4",
		"bench":       "pgtest policy seal sigv4 sts testidp token",
	}
}

// domain are the packages that know neither HTTP nor SQL, not even through others.
func domain() []string {
	return []string{"arn", "fault", "jsontree", "token", "policy", "iam", "sts", "cognito", "seal"}
}

// pkg is what go list tells about a package.
type pkg struct {
	ImportPath string
	Name       string
	Doc        string // the first sentence
	GoFiles    []string
	Imports    []string
	Deps       []string
}

func (p pkg) path() string { return strings.TrimPrefix(p.ImportPath, module+"/") }

// packages are those of this module, save the folders with nothing but tests.
func packages(t *testing.T) []pkg {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Name,Doc,GoFiles,Imports,Deps", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var list []pkg
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			return list
		}
		if err != nil {
			t.Fatalf("go list: %v", err)
		}
		if len(p.GoFiles) > 0 {
			list = append(list, p)
		}
	}
}

func TestArrows(t *testing.T) {
	t.Parallel()
	allowed := arrows()
	for _, p := range packages(t) {
		targets, known := allowed[p.path()]
		if !known {
			t.Errorf("%s is new here: give it a line in arrows", p.path())
		}
		delete(allowed, p.path())
		for _, i := range p.Imports {
			target, ours := strings.CutPrefix(i, module+"/")
			if ours && !slices.Contains(strings.Fields(targets), target) {
				t.Errorf("%s imports %s; it may import only these of ours: %s", p.path(), target, targets)
			}
		}
	}
	for name := range allowed {
		t.Errorf("arrows names %s, which does not exist", name)
	}
}

func TestDomainKnowsNoHTTPAndNoSQL(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		for _, banned := range []string{"net/http", "database/sql"} {
			if slices.Contains(domain(), p.path()) && slices.Contains(p.Deps, banned) {
				t.Errorf("%s depends on %s", p.path(), banned)
			}
		}
	}
}

func TestPackageComments(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		prefix := "Package " + p.Name + " "
		if p.Name == "main" {
			prefix = "Command " + path.Base(p.ImportPath) + " "
		}
		if rest, ok := strings.CutPrefix(p.Doc, prefix); !ok || len(strings.Fields(rest)) <= 3 {
			t.Errorf("%s: the package comment must begin %q and say what the package is; it is %q", p.path(), prefix, p.Doc)
		}
	}
}

func TestSizes(t *testing.T) {
	t.Parallel()
	err := filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (entry.Name() == "node_modules" || strings.HasPrefix(entry.Name(), ".") && name != ".") {
			return fs.SkipDir
		}
		if filepath.Ext(name) == ".go" && !strings.HasSuffix(name, "_test.go") {
			checkSizes(t, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func checkSizes(t *testing.T, name string) {
	t.Helper()
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Error(err)
		return
	}
	if lines := files.File(file.Pos()).LineCount(); lines > maxFileLines {
		t.Errorf("%s has %d lines, %d is the limit", name, lines, maxFileLines)
	}
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Body == nil || isTable(f.Body) {
			continue
		}
		if lines := files.Position(f.End()).Line - files.Position(f.Pos()).Line + 1; lines > maxFuncLines {
			t.Errorf("%s: %s has %d lines, %d is the limit", name, f.Name.Name, lines, maxFuncLines)
		}
	}
}

// isTable reports whether a function only lists things: one return of a literal, or
// one switch.
func isTable(body *ast.BlockStmt) bool {
	if len(body.List) != 1 {
		return false
	}
	switch s := body.List[0].(type) {
	case *ast.SwitchStmt:
		return true
	case *ast.ReturnStmt:
		return len(s.Results) == 1 && isLiteral(s.Results[0])
	}
	return false
}

func isLiteral(e ast.Expr) bool {
	if pointer, ok := e.(*ast.UnaryExpr); ok {
		e = pointer.X
	}
	_, ok := e.(*ast.CompositeLit)
	return ok
}
