// A source file for the target that holds the precompiled header of LibTorch.
