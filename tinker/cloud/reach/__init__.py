"""The way from here into a machine: keys, SSH, Ray's Jobs API, what is sent there and what comes home."""
