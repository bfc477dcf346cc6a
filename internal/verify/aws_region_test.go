package verify

import "testing"

func TestAWSRegion(t *testing.T) {
	for host, want := range map[string]string{
		"sts.us-gov-west-1.amazonaws.com": "us-gov-west-1", "sts.cn-north-1.amazonaws.com.cn": "cn-north-1",
		"sts.amazonaws.com": "us-east-1", "127.0.0.1": "us-east-1", "vpce-1.sts.eu-west-1.vpce.amazonaws.com": "us-east-1",
	} {
		if got := awsRegion(host); got != want {
			t.Errorf("%s: %s, want %s", host, got, want)
		}
	}
}
