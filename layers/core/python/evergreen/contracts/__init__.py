"""What stages hand each other: frozen, typed, JSON on the wire."""
