"""History run through the product's own code in this process, under policies side by side.

Not a stage: like a deployment it puts the stages together, and knows no cloud.
"""
