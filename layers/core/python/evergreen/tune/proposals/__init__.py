"""The parts of a proposal: what is known, where to begin, where to look next."""
