module groundup.cloud/rook

go 1.26.0

require (
	github.com/csi-addons/kubernetes-csi-addons v0.14.0 // indirect
	github.com/rook/rook v1.20.6 // indirect
)
