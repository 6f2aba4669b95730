"""The engine that has a server with `/v1/videos` make the video: vLLM-Omni, SGLang, FastVideo, LiteLLM, a Seedbed."""
