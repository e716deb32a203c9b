"""Real daemons on loopback for tests: see mesh.MeshTest."""
