"""Small copies of media for the report: sheets of thumbnails and clips, made in a process of their own."""
