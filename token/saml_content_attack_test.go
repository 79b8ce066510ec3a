package token_test

import (
	"fmt"
	"strings"
	"unicode/utf16"
)

// documents are XML that readers understand in different ways, or choke on.
func (f forger) documents() map[string]attack {
	good := inResponse(f.assertion)
	doctype := func(inside string) string { return `<!DOCTYPE samlp:Response [` + inside + `]>` }
	var laughs strings.Builder
	laughs.WriteString(`<!ENTITY a "ha">`)
	for i := 'b'; i < 'l'; i++ {
		fmt.Fprintf(&laughs, `<!ENTITY %c "%s">`, i, strings.Repeat(fmt.Sprintf("&%c;", i-1), 10))
	}
	return map[string]attack{
		"document type":             {doctype("") + good, "syntax"},
		"document type inside":      {f.edit(good, statusXML, doctype("")+statusXML), "syntax"},
		"internal entity":           {doctype(`<!ENTITY u "root">`) + f.edit(good, ">alice<", ">&u;<"), "syntax"},
		"external entity":           {doctype(`<!ENTITY u SYSTEM "file:///etc/passwd">`) + f.edit(good, ">alice<", ">&u;<"), "syntax"},
		"external document type":    {`<!DOCTYPE r SYSTEM "https://evil.example/r.dtd">` + good, "syntax"},
		"parameter entity":          {doctype(`<!ENTITY % p SYSTEM "https://evil.example/p"> %p;`) + good, "syntax"},
		"attribute of the DTD":      {doctype(`<!ATTLIST saml:Assertion ID CDATA "_evil">`) + good, "syntax"},
		"billion laughs":            {doctype(laughs.String()) + f.edit(good, ">alice<", ">&k;<"), "syntax"},
		"entity of nobody":          {f.edit(good, ">alice<", ">&root;<"), "syntax"},
		"comment in the name":       {f.edit(good, ">alice<", ">ali<!-- -->ce<"), "syntax"},
		"comment cuts the name":     {f.resigned(">alice<", ">root<!-- -->.alice<"), "syntax"},
		"comment in an attribute":   {f.edit(good, ">reader<", ">read<!---->er<"), "syntax"},
		"comment in the signature":  {f.edit(good, "<ds:SignatureValue>", "<ds:SignatureValue><!-- -->"), "syntax"},
		"comment before":            {"<!-- -->" + good, "syntax"},
		"processing instruction":    {f.edit(good, ">alice<", ">ali<?x?>ce<"), "syntax"},
		"instruction before":        {`<?xml-stylesheet href="https://evil.example"?>` + good, "syntax"},
		"XML declaration inside":    {f.edit(good, ">alice<", `>ali<?xml version="1.0"?>ce<`), "syntax"},
		"XML 1.1":                   {`<?xml version="1.1"?>` + good, "syntax"},
		"Latin-1":                   {`<?xml version="1.0" encoding="ISO-8859-1"?>` + good, "syntax"},
		"UTF-7":                     {`<?xml version="1.0" encoding="UTF-7"?>` + good, "syntax"},
		"UTF-16":                    {utf16Of(good), "syntax"},
		"BOM, twice":                {"\uFEFF\uFEFF" + good, "syntax"},
		"BOM inside":                {f.edit(good, "<samlp:Status>", "\uFEFF<samlp:Status>") + "\uFEFF", "syntax"},
		"no UTF-8":                  {f.edit(good, ">alice<", ">ali\xffce<"), "syntax"},
		"NUL":                       {f.edit(good, ">alice<", ">alice\x00<"), "syntax"},
		"control character by code": {f.edit(good, ">alice<", ">alice&#1;<"), "syntax"},
		"element in the name":       {f.resigned(">alice<", "><b>root</b>alice<"), "syntax"},
		"attribute twice":           {f.edit(good, ` ID="_assertion"`, ` ID="_evil" ID="_assertion"`), "syntax"},
		"attribute twice by prefix": {f.edit(good, ` ID="_assertion"`, ` ID="_assertion" xmlns:p="urn:x" xmlns:q="urn:x" p:a="1" q:a="2"`), "syntax"},
		"prefix of nothing":         {f.resigned("<saml:Issuer>", "<none:x></none:x><saml:Issuer>"), "syntax"},
		"prefix undeclared again":   {f.edit(good, "<saml:Subject>", `<saml:Subject xmlns:ds="">`), "syntax"},
		"prefix xml declared":       {f.edit(good, "<saml:Subject>", `<saml:Subject xmlns:xml="urn:x">`), "syntax"},
		"prefix xmlns declared":     {f.edit(good, "<saml:Subject>", `<saml:Subject xmlns:xmlns="urn:x">`), "syntax"},
		"stray colon":               {f.edit(good, "<saml:Subject>", `<saml:Subject :a="b">`), "syntax"},
		"stray colon in an element": {f.edit(good, statusXML, statusXML+"<:x></:x>"), "syntax"},
		"name space of the name":    {f.edit(good, "<saml:NameID ", `<saml:NameID xmlns:saml="urn:x" `), "signature"},
		"default name space":        {f.edit(good, "<saml:NameID ", `<NameID xmlns="urn:x">root</NameID><saml:NameID `), "signature"},
		"CDATA added":               {f.edit(good, ">alice<", "><![CDATA[root]]>alice<"), "signature"},
		"xml:base":                  {f.edit(good, "<saml:Subject>", `<saml:Subject xml:base="https://evil.example">`), "signature"},
		"text changed":              {f.edit(good, ">alice<", ">root<"), "signature"},
		"white space added":         {f.edit(good, ">alice<", "> alice<"), "signature"},
		"attribute added":           {f.edit(good, "<saml:Subject>", `<saml:Subject a="b">`), "signature"},
		"truncated":                 {good[:len(good)-20], "syntax"},
		"two roots":                 {good + good, "syntax"},
		"text behind":               {good + "x", "syntax"},
		"nothing":                   {"", "syntax"},
		"no XML":                    {"SAML", "syntax"},
		"HTML":                      {"<html><body>Sign in<br></body></html>", "syntax"},
		"nested 10,000 times":       {f.edit(good, statusXML, statusXML+strings.Repeat("<x>", 10_000)+strings.Repeat("</x>", 10_000)), "syntax"},
		"nested 100 times":          {f.edit(good, statusXML, statusXML+strings.Repeat("<x>", 100)+strings.Repeat("</x>", 100)), "syntax"},
		"2,000 elements":            {f.edit(good, statusXML, statusXML+strings.Repeat("<x/>", 2_000)), "syntax"},
		"1,000 prefixes":            {f.edit(good, "<samlp:Response", "<samlp:Response"+many(` xmlns:p%d="urn:x"`, 1000)), "syntax"},
		"prefixes in many places":   {f.edit(good, statusXML, statusXML+many(`<x xmlns:p%d="urn:x"/>`, 100)), "syntax"},
		"1,000 attributes":          {f.edit(good, "<saml:Subject>", "<saml:Subject"+many(` a%d=""`, 1000)+">"), "syntax"},
	}
}

// contents are signed as they have to be, and say what they must not.
func (f forger) contents() map[string]attack {
	end := ` NotOnOrAfter="2023-11-14T22:18:20Z"`
	second := `<saml:AudienceRestriction><saml:Audience>urn:other</saml:Audience></saml:AudienceRestriction>`
	unsigned := func(old, with string) string { return f.edit(inResponse(f.assertion), old, with) }
	return map[string]attack{
		"status of failure":                 {unsigned("status:Success", "status:Responder"), "status"},
		"no status":                         {unsigned(statusXML, ""), "syntax"},
		"two statuses":                      {unsigned(statusXML, statusXML+statusXML), "syntax"},
		"response of version 1.1":           {strings.Replace(inResponse(f.assertion), `Version="2.0"`, `Version="1.1"`, 1), "syntax"},
		"response without ID":               {unsigned(` ID="_response"`, ""), "syntax"},
		"response from another issuer":      {strings.Replace(inResponse(f.assertion), samlIssuer, "https://evil.example", 1), "issuer"},
		"response from two issuers":         {unsigned(statusXML, `<saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">`+samlIssuer+`</saml:Issuer>`+statusXML), "syntax"},
		"response for another destination":  {unsigned(`Destination="`+samlRecipient, `Destination="https://evil.example`), "recipient"},
		"assertion of version 1.1":          {f.resigned(`Version="2.0"`, `Version="1.1"`), "syntax"},
		"another issuer":                    {f.resigned(samlIssuer, "https://other.example"), "issuer"},
		"issuer in another case":            {f.resigned(samlIssuer, strings.ToUpper(samlIssuer)), "issuer"},
		"issuer that begins so":             {f.resigned(samlIssuer, samlIssuer+".evil.example"), "issuer"},
		"no issuer":                         {inResponse(edit(f.t, f.own().signed(f.t, assertionXML), "saml:Issuer>", "saml:Issue>")), "signature"},
		"two issuers":                       {f.resigned("<saml:Subject>", "<saml:Issuer>"+samlIssuer+"</saml:Issuer><saml:Subject>"), "syntax"},
		"no subject":                        {f.resigned("saml:Subject>", "saml:Object>"), "syntax"},
		"two subjects":                      {f.resigned("<saml:Subject>", "<saml:Subject></saml:Subject><saml:Subject>"), "syntax"},
		"no name":                           {f.resigned("saml:NameID", "saml:BaseID"), "syntax"},
		"empty name":                        {f.resigned(">alice<", "> <"), "subject"},
		"empty name on its own line":        {f.resigned(">alice<", ">\n <"), "subject"},
		"two names":                         {f.resigned("<saml:NameID ", "<saml:NameID>root</saml:NameID><saml:NameID "), "syntax"},
		"encrypted name":                    {f.resigned("saml:NameID", "saml:EncryptedID"), "syntax"},
		"no confirmation":                   {f.resigned(confirmation, ""), "subject"},
		"two confirmations":                 {f.resigned(confirmation, confirmation+confirmation), "subject"},
		"a second confirmation of keys":     {f.resigned(confirmation, confirmation+f.edit(confirmation, "cm:bearer", "cm:holder-of-key")), "subject"},
		"holder of key":                     {f.resigned("cm:bearer", "cm:holder-of-key"), "subject"},
		"sender vouches":                    {f.resigned("cm:bearer", "cm:sender-vouches"), "subject"},
		"no confirmation data":              {f.resigned("saml:SubjectConfirmationData", "saml:Data"), "subject"},
		"confirmation without end":          {f.resigned(end, ""), "subject"},
		"confirmation with a beginning":     {f.resigned(end, ` NotBefore="2023-11-14T22:10:20Z"`+end), "subject"},
		"no recipient":                      {f.resigned(` Recipient="`+samlRecipient+`"`, ""), "recipient"},
		"another recipient":                 {f.resigned(samlRecipient, "https://signin.aws.amazon.com.evil.example/saml"), "recipient"},
		"recipient that ends with a slash":  {f.resigned(samlRecipient, samlRecipient+"/"), "recipient"},
		"recipient of another name space":   {f.resigned(end+" Recipient=", ` xmlns:x="urn:x"`+end+" x:Recipient="), "recipient"},
		"no audience restriction":           {f.resigned(restriction, ""), "audience"},
		"no audience":                       {f.resigned("<saml:Audience>"+samlAudience+"</saml:Audience>", ""), "audience"},
		"another audience":                  {f.resigned(samlAudience, "urn:amazon:webservices:govcloud"), "audience"},
		"audience in another case":          {f.resigned(samlAudience, "URN:amazon:webservices"), "audience"},
		"a second restriction for others":   {f.resigned(restriction, restriction+second), "audience"},
		"a first restriction for others":    {f.resigned(restriction, second+restriction), "audience"},
		"condition that nobody knows":       {f.resigned(restriction, restriction+"<saml:Condition></saml:Condition>"), "syntax"},
		"no conditions":                     {f.resigned("saml:Conditions", "saml:Condition"), "syntax"},
		"two conditions":                    {f.resigned(conditions, conditions+conditions), "syntax"},
		"conditions over":                   {f.resigned("22:19:20Z", "22:12:19Z"), "expired"},
		"conditions not begun":              {f.resigned("22:10:20Z", "22:14:21Z"), "not yet"},
		"confirmation over":                 {f.resigned("22:18:20Z", "22:12:20Z"), "expired"},
		"session over":                      {f.resigned("2023-11-15T06:13:20Z", "2023-11-14T22:12:20Z"), "expired"},
		"one of two sessions over":          {f.resigned(session, session+f.edit(session, "2023-11-15T06:13:20Z", "2023-11-14T22:12:20Z")), "expired"},
		"made in the future":                {f.resigned(`IssueInstant="2023-11-14T22:13:20Z"`, `IssueInstant="2023-11-14T22:14:21Z"`), "not yet"},
		"without a date":                    {f.resigned(` IssueInstant="2023-11-14T22:13:20Z"`, ""), "syntax"},
		"date without a zone":               {f.resigned("22:19:20Z", "22:19:20"), "syntax"},
		"date of words":                     {f.resigned("2023-11-14T22:19:20Z", "tomorrow"), "syntax"},
		"date of the confirmation of words": {f.resigned("2023-11-14T22:18:20Z", "tomorrow"), "syntax"},
		"date of the session of words":      {f.resigned("2023-11-15T06:13:20Z", "tomorrow"), "syntax"},
		"date of a year beyond reason":      {f.resigned("2023-11-14T22:19:20Z", "99999-11-14T22:19:20Z"), "syntax"},
		"attribute without a name":          {f.resigned(`Name="role"`, `FriendlyName="role"`), "syntax"},
		"encrypted attribute":               {f.resigned(`saml:Attribute>`, `saml:EncryptedAttribute>`), "syntax"},
	}
}

func many(format string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

func utf16Of(text string) string {
	out := []byte{0xFE, 0xFF}
	for _, u := range utf16.Encode([]rune(text)) {
		out = append(out, byte(u>>8), byte(u))
	}
	return string(out)
}
