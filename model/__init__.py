"""The GPT decoder that people tinker with: one slot a folder, one variant a file. Start at `model.gpt`.

It imports torch and nothing of tinker. This file imports nothing, so that `import model.registry` does not load torch.
"""
