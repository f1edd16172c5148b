"""The laptop cloud: an emulator of AWS on loopback, and the stacks deployed to it."""
