package okta

import (
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drawbridge/oktasync"
)

// TestTrapConfigurationLeaks poisons every variable that the SDK reads. A file ~/.okta/okta.yaml fills the same fields
// before them, so what survives the one survives the other.
func TestTrapConfigurationLeaks(t *testing.T) {
	clean := connect(t, Config{OrgURL: "https://acme.okta.com", Token: token})
	for name, value := range map[string]string{
		"CACHE_ENABLED": "true", "CACHE_DEFAULT_TTL": "7", "CACHE_DEFAULT_TTI": "7",
		"PROXY_PORT": "7", "PROXY_HOST": "evil.example", "PROXY_USERNAME": "evil", "PROXY_PASSWORD": "evil",
		"CONNECTION_TIMEOUT": "7", "REQUEST_TIMEOUT": "7", "RATE_LIMIT_MAX_RETRIES": "7", "RATE_LIMIT_MAX_BACKOFF": "7",
		"ORGURL": "https://evil.example", "TOKEN": "evil", "AUTHORIZATIONMODE": "Bearer", "CLIENTID": "evil", "SCOPES": "evil",
		"PRIVATEKEY": "evil", "PRIVATEKEYID": "evil", "CLIENTASSERTION": "evil",
	} {
		t.Setenv("OKTA_CLIENT_"+name, value)
	}
	t.Setenv("OKTA_TESTING_DISABLE_HTTPS_CHECK", "true")
	t.Setenv("OKTA_USERAGENTEXTRA", "evil")

	poisoned := plain(t, "https://acme.okta.com").GetConfig().Okta
	var untouched []string
	fields(reflect.ValueOf(poisoned), "", func(path string, v reflect.Value) {
		if v.IsZero() {
			untouched = append(untouched, path)
		}
	})
	if len(untouched) != 0 {
		t.Fatalf("the test does not poison %v", untouched)
	}
	got := connect(t, Config{OrgURL: "https://acme.okta.com", Token: token})
	if diff := cmp.Diff(clean.sdk.GetConfig().Okta, got.sdk.GetConfig().Okta); diff != "" {
		t.Errorf("the environment changes the SDK's configuration (-clean +got):\n%s", diff)
	}
	if extra := got.sdk.GetConfig().UserAgentExtra; extra != "drawbridge" {
		t.Errorf("the environment changes the user agent to %q", extra)
	}
}

// fields calls f for each leaf of a struct.
func fields(v reflect.Value, path string, f func(string, reflect.Value)) {
	if v.Kind() != reflect.Struct {
		f(path, v)
		return
	}
	for i := range v.NumField() {
		fields(v.Field(i), path+"."+v.Type().Field(i).Name, f)
	}
}

func TestTrapHTTPOnlyForThisMachine(t *testing.T) {
	governor := oktasync.NewGovernor(0.5, time.Now)
	for url, ok := range map[string]bool{
		"https://acme.okta.com": true, "https://acme.okta.com/": true, "http://127.0.0.1:8090": true, "http://[::1]:8090": true, "http://localhost:1": true,
		"http://acme.okta.com": false, "http://10.0.0.1": false, "http://localhost.evil.example": false, "": false, "acme.okta.com": false,
		"ftp://acme.okta.com": false, "https://acme.okta.com/api/v1": false, "https://user@acme.okta.com": false, "https://acme.okta.com?x=y": false,
		"https://acme-admin.okta.com": false, "https://": false,
	} {
		_, err := New(Config{OrgURL: url, Token: token, Governor: governor})
		if (err == nil) != ok {
			t.Errorf("New with %q: %v, want ok %v", url, err, ok)
		}
	}
	for name, cfg := range map[string]Config{
		"nothing":     {},
		"both":        {Token: token, ClientID: "0oa", PrivateKey: "x"},
		"half":        {ClientID: "0oa"},
		"not a key":   {ClientID: "0oa", PrivateKey: "x"},
		"split token": {Token: "a\nb"},
	} {
		cfg.OrgURL, cfg.Governor = "https://acme.okta.com", governor
		if _, err := New(cfg); err == nil {
			t.Errorf("New takes %s for credentials", name)
		}
	}
	if _, err := New(Config{OrgURL: "https://acme.okta.com", Token: token}); err == nil {
		t.Error("New takes a Config without a governor")
	}
}
