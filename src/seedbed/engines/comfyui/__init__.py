"""The engine `comfyui`: a workflow on a ComfyUI server makes the videos."""
