"""What ``tune`` and ``train`` share: the search space, the pipelines it describes, their results.

Only what converts to ONNX exactly stands here. A family belongs in the space when a test shows
that its graph answers like its pipeline.
"""
