package audit_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/audit"
	"github.com/cenotehq/cenote/fault"
)

// record returns the line of an event without its time, or nothing.
func record(t *testing.T, least slog.Level, e audit.Event) map[string]any {
	t.Helper()
	var out bytes.Buffer
	audit.Log{Logger: slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: least}))}.Record(t.Context(), e)
	if out.Len() == 0 {
		return nil
	}
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatalf("no single line of JSON: %s", out.String())
	}
	delete(line, slog.TimeKey)
	return line
}

func TestRecord(t *testing.T) {
	t.Parallel()
	refused := fault.New("AccessDenied", 403, "not you")
	for _, test := range []struct {
		name  string
		event audit.Event
		want  map[string]any
	}{
		{
			"success of somebody",
			audit.Event{
				RequestID: "1", API: "sts", Operation: "GetCallerIdentity", Status: 200,
				Duration: time.Millisecond, SourceIP: "::1", UserAgent: "sdk", Caller: "arn:aws:iam::0:root",
			},
			map[string]any{
				"level": "INFO", "msg": "call", "id": "1", "api": "sts", "operation": "GetCallerIdentity",
				"status": 200.0, "took": 1e6, "from": "::1", "caller": "arn:aws:iam::0:root",
			},
		},
		{
			"refusal of nobody",
			audit.Event{RequestID: "2", API: "sts", Status: 400, Code: "InvalidAction", Message: "no"},
			map[string]any{
				"level": "INFO", "msg": "call", "id": "2", "api": "sts", "operation": "", "status": 400.0,
				"took": 0.0, "from": "", "error": "InvalidAction", "message": "no",
			},
		},
		{
			"failure",
			audit.Event{RequestID: "3", API: "iam", Status: 500, Code: "ServiceFailure", Message: "oh", Cause: errors.New("disk full"), Refused: "statement 1"},
			map[string]any{
				"level": "ERROR", "msg": "call", "id": "3", "api": "iam", "operation": "", "status": 500.0,
				"took": 0.0, "from": "", "error": "ServiceFailure", "message": "oh", "cause": "disk full", "refused": "statement 1",
			},
		},
		{
			"causes of causes",
			audit.Event{Status: 400, Code: "IIPC", Cause: fmt.Errorf("assuming: %w", refused.With(
				fault.New("Inner", 400, "deeper").With(errors.New("statement 2 said so"))))},
			map[string]any{
				"level": "INFO", "msg": "call", "id": "", "api": "", "operation": "", "status": 400.0, "took": 0.0, "from": "",
				"error": "IIPC", "message": "",
				"cause": "assuming: AccessDenied: not you: Inner: deeper: statement 2 said so",
			},
		},
		{
			"lines in a text",
			audit.Event{Status: 400, Code: "C", Message: "one\nlevel=ERROR two"},
			map[string]any{
				"level": "INFO", "msg": "call", "id": "", "api": "", "operation": "", "status": 400.0, "took": 0.0, "from": "",
				"error": "C", "message": "one\nlevel=ERROR two",
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, record(t, slog.LevelInfo, test.event)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestLength records texts of any length in a line of bounded length.
func TestLength(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, 4095, 4096} {
		text := strings.Repeat("x", size)
		got := record(t, slog.LevelInfo, audit.Event{Code: "C", Message: text, Cause: errors.New(text)})
		if got["message"] != text || got["cause"] != text {
			t.Errorf("a text of %d bytes is cut", size)
		}
	}
	long := "x" + strings.Repeat("é", 50_000)
	got := record(t, slog.LevelInfo, audit.Event{Code: "C", Message: long, Cause: errors.New(long), Refused: long})
	want := "x" + strings.Repeat("é", 2047) + "…"
	if got["message"] != want || got["cause"] != want || got["refused"] != want {
		t.Errorf("long texts become %.20q…, %.20q… and %.20q…", got["message"], got["cause"], got["refused"])
	}
}

// TestLevel records with a logger that takes errors only.
func TestLevel(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]bool{200: false, 404: false, 499: false, 500: true, 503: true} {
		if got := record(t, slog.LevelError, audit.Event{Status: status}) != nil; got != want {
			t.Errorf("status %d: recorded is %t", status, got)
		}
	}
}
