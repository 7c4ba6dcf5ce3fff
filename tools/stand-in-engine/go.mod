module dev.ringfence/stand-in-engine

go 1.26.0
