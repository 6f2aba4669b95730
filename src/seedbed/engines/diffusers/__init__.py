"""The engine `diffusers`: open weights in this process, through the library of that name."""
