"""The town hall: voter's kiosk and desk."""
