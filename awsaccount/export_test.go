package awsaccount

// Rename gives the account from the number to in a text.
func Rename(from, to, text string) string { return newRenaming(from, to).text(text) }
