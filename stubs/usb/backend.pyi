from typing import Any

class IBackend:
    def __getattr__(self, name: str) -> Any: ...
