module sonicmesh

go 1.24
