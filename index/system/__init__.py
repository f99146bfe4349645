"""What any program needs of the machine: files that are whole or not there, threads, telemetry, a sandbox for what strangers wrote."""
