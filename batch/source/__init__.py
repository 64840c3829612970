"""Everything that reads people's input: folders, tables, Hub datasets -> pinned files and rows."""
