"""What a ballot is. Pure: values and bytes in, values and bytes out; no IO, no clock, no UI."""
