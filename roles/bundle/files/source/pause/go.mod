module groundup.cloud/pause

go 1.26.0
