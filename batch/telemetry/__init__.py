"""What a run leaves for those who do not see its terminal: an event log, a metrics file, a notice at the end."""
