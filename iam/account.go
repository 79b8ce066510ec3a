package iam

import "context"

// GetAccountSummaryInput is the empty request of GetAccountSummary.
type GetAccountSummaryInput struct{}

// Resource returns "*": the operation is about the account.
func (in *GetAccountSummaryInput) Resource(Caller) string { return "*" }

// GetAccountSummaryOutput is the answer of GetAccountSummary.
type GetAccountSummaryOutput struct {
	SummaryMap map[string]int32 `aws:"SummaryMap,always"`
}

// ListAccountAliasesInput is the request of ListAccountAliases.
type ListAccountAliasesInput struct {
	Marker   string `aws:"Marker" check:"len=1-320;pattern=[\\u0020-\\u00FF]+"`
	MaxItems int32  `aws:"MaxItems" check:"range=1-1000"`
}

// Resource returns "*": the operation is about the account.
func (in *ListAccountAliasesInput) Resource(Caller) string { return "*" }

// ListAccountAliasesOutput is the answer of ListAccountAliases.
type ListAccountAliasesOutput struct {
	AccountAliases []string `aws:"AccountAliases,always"`
	IsTruncated    bool     `aws:"IsTruncated"`
	Marker         string   `aws:"Marker"`
}

// ListInstanceProfilesInput is the request of ListInstanceProfiles.
type ListInstanceProfilesInput struct {
	PathPrefix string `aws:"PathPrefix" check:"len=1-512;pattern=\\u002F[\\u0021-\\u007F]*"`
	Marker     string `aws:"Marker" check:"len=1-320;pattern=[\\u0020-\\u00FF]+"`
	MaxItems   int32  `aws:"MaxItems" check:"range=1-1000"`
}

// Resource returns the ARN that AWS names in refusals: the prefix as a path.
func (in *ListInstanceProfilesInput) Resource(caller Caller) string {
	return "arn:aws:iam::" + caller.Account + ":instance-profile" + folder(in.PathPrefix)
}

// ListInstanceProfilesOutput is the answer of ListInstanceProfiles.
type ListInstanceProfilesOutput struct {
	InstanceProfiles []InstanceProfile `aws:"InstanceProfiles,always"`
	IsTruncated      bool              `aws:"IsTruncated"`
	Marker           string            `aws:"Marker"`
}

// GetAccountSummary counts what the account has and may have. What this service does
// not keep, such as MFA devices, there is none of. See AWS GetAccountSummary.
func (s *Service) GetAccountSummary(ctx context.Context, _ Caller, _ *GetAccountSummaryInput) (*GetAccountSummaryOutput, error) {
	summary := map[string]int32{
		"AccessKeysPerUserQuota":        keyQuota,
		"AssumeRolePolicySizeQuota":     trustQuota,
		"AttachedPoliciesPerGroupQuota": attachedQuota,
		"AttachedPoliciesPerRoleQuota":  attachedQuota,
		"AttachedPoliciesPerUserQuota":  attachedQuota,
		"GroupPolicySizeQuota":          groupInlineQuota,
		"GroupsPerUserQuota":            groupsPerUser,
		"GroupsQuota":                   groupQuota,
		"PoliciesQuota":                 policyQuota,
		"PolicySizeQuota":               policySizeQuota,
		"RolePolicySizeQuota":           roleInlineQuota,
		"RolesQuota":                    roleQuota,
		"UserPolicySizeQuota":           userInlineQuota,
		"UsersQuota":                    userQuota,
		"VersionsPerPolicyQuota":        versionQuota,

		"AccountAccessKeysPresent":          1, // root always has one
		"AccountMFAEnabled":                 0,
		"AccountPasswordPresent":            0,
		"AccountSigningCertificatesPresent": 0,
		"InstanceProfiles":                  0,
		"MFADevices":                        0,
		"MFADevicesInUse":                   0,
		"ServerCertificates":                0,
	}
	for name, count := range map[string]func() (int32, error){
		"Users":     func() (int32, error) { return size(ctx, s.users()) },
		"Groups":    func() (int32, error) { return size(ctx, s.groups()) },
		"Roles":     func() (int32, error) { return size(ctx, s.roles()) },
		"Policies":  func() (int32, error) { return size(ctx, s.policies()) },
		"Providers": func() (int32, error) { return s.providers(ctx) },
	} {
		n, err := count()
		if err != nil {
			return nil, err
		}
		summary[name] = n
	}
	return &GetAccountSummaryOutput{SummaryMap: summary}, nil
}

// providers counts those of both kinds, as AWS does.
func (s *Service) providers(ctx context.Context) (int32, error) {
	openID, err := size(ctx, s.oidcProviders())
	if err != nil {
		return 0, err
	}
	saml, err := size(ctx, s.samlProviders())
	return openID + saml, err
}

func size[T Entity](ctx context.Context, table Table[T]) (n int32, err error) {
	for _, err := range every(ctx, table) {
		if err != nil {
			return 0, err
		}
		n++
	}
	return n, nil
}

// ListAccountAliases lists the names of the account for sign-in pages. There is no
// operation that makes one, so the list is empty. See AWS ListAccountAliases.
func (s *Service) ListAccountAliases(_ context.Context, _ Caller, in *ListAccountAliasesInput) (*ListAccountAliasesOutput, error) {
	if _, err := newPage(in.Marker, in.MaxItems, "ListAccountAliases"); err != nil {
		return nil, err
	}
	return &ListAccountAliasesOutput{AccountAliases: []string{}}, nil
}

// ListInstanceProfiles lists instance profiles. There is no operation that makes one,
// so the list is empty. See AWS ListInstanceProfiles.
func (s *Service) ListInstanceProfiles(_ context.Context, _ Caller, in *ListInstanceProfilesInput) (*ListInstanceProfilesOutput, error) {
	if _, err := newPage(in.Marker, in.MaxItems, "ListInstanceProfiles"); err != nil {
		return nil, err
	}
	return &ListInstanceProfilesOutput{InstanceProfiles: []InstanceProfile{}}, nil
}
