"""What the camera and the weather do in a clip: the words of a prompt become a plan over time.

Pure and deterministic: the same prompt, lexicons and picture traits give the same plan. The lexicons are data, handed
in by whoever reads them from files.
"""
