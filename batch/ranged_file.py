"""A file far away, read in ranges, one request each: enough for a Parquet footer, or a column."""

import io
from abc import abstractmethod


class RangedFile(io.RawIOBase):
    """`size` bytes. What it is made of says how a range is fetched; errors are those that fetching raises."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._position = 0

    @abstractmethod
    def fetch(self, start: int, stop: int) -> bytes:
        """The bytes from `start` up to `stop`; 0 <= start < stop <= size."""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = base + offset
        return self._position

    def read(self, size: int = -1) -> bytes:
        stop = self._size if size < 0 else min(self._size, self._position + size)
        if stop <= self._position:
            return b""
        data = self.fetch(self._position, stop)
        self._position += len(data)
        return data
