from usb import core, util

__all__ = ["core", "util"]
