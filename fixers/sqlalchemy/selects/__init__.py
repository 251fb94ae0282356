"""Legacy queries of a program, in 2.0 style where they are."""
