"""The commands, a file each: parse, call, print, exit code. What they stand on is imported inside them."""
