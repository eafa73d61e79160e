module groundup.cloud/kube-ovn

go 1.26.0

require (
	github.com/kubeovn/kube-ovn v1.16.2 // indirect
	sigs.k8s.io/network-policy-api v0.2.0 // indirect
)
