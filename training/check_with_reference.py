"""Loads the embedded demo with transformers and diffusers and compares a recorded run with what they compute.

    python training/check_with_reference.py resources/demo "resources/sessions/1 What comes next.armillary" \\
        build/release/app/armillary-cli

Needs torch, transformers, diffusers, safetensors, pillow (versions: tests/data/README.md). All in float32 on the CPU.
Prints the largest differences; exits with 1 where one is larger than rounding explains, or where a weight is missing.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import torch
import diffusers.models.transformers.transformer_cosmos as cosmos_file
from diffusers import AutoencoderKLWan, Cosmos2VideoToWorldPipeline, CosmosTransformer3DModel
from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution
from PIL import Image
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from transformers import AutoTokenizer, Gemma3ForConditionalGeneration, Gemma3ImageProcessorPil, T5EncoderModel

failures = []
if not hasattr(cosmos_file, "transforms"):
    # All that diffusers wants of torchvision, for a mask of zeros.
    cosmos_file.transforms = SimpleNamespace(
        functional=SimpleNamespace(resize=lambda mask, size, interpolation: mask.new_zeros((1, 1, *size))),
        InterpolationMode=SimpleNamespace(NEAREST="nearest"),
    )


def tell(what, difference, most):
    print(f"{what}: {difference:.3g} (at most {most:g})")
    if not difference <= most:
        failures.append(what)


class NoGuardrail:
    """The pipeline asks for one; the demo's prompts are zeros and its pictures drawn."""

    def to(self, _):
        return self


class Run:
    def __init__(self, path):
        with safe_open(path, "pt") as file:
            self.tensors = {name: file.get_tensor(name) for name in file.keys()}
            self.json = json.loads(file.metadata()["armillary.run"])

    def __getitem__(self, name):
        return self.tensors[name]


def whole(loaded):
    """A model and what from_pretrained found wrong."""
    model, info = loaded
    wrong = [info.get(key) for key in ("missing_keys", "unexpected_keys", "mismatched_keys") if info.get(key)]
    count = sum(part.numel() for part in model.parameters())
    print(f"{type(model).__name__}: {count:,} parameters, {wrong or 'every weight found'}")
    if wrong:
        failures.append(type(model).__name__)
    return model.eval()


def project(folder, latents):
    """World tokens as the published code makes them of latents [Z,T,h,w]: a token a cell, linear - GELU - linear."""
    weights = load_file(folder / "theworld/model.safetensors")
    layers = sorted({name.rsplit(".", 1)[0] for name in weights if name.startswith("world_projector")})
    rows = latents.permute(1, 2, 3, 0).flatten(0, 2)
    for index, layer in enumerate(layers):
        if index > 0:
            rows = torch.nn.functional.gelu(rows)
        rows = torch.nn.functional.linear(rows, weights[layer + ".weight"].float(), weights[layer + ".bias"].float())
    return rows


def compare_words(what, logits, run, prompt):
    """Rows of `logits` from the prompt's last position on against the ten most probable tokens of each step."""
    worst = 0.0
    for step, generated in enumerate(run.json["generated"]):
        chances = logits[prompt - 1 + step].softmax(-1)
        if int(chances.argmax()) != generated["id"]:
            failures.append(f"{what}, word {step}")
        for token, chance in generated["alternatives"]:
            worst = max(worst, abs(float(chances[token]) - chance))
    # A logit that is off by 1e-3 moves a probability by a quarter of that at most.
    tell(f"{what}, probabilities of the answer {run.json['answer']!r}", worst, 2.5e-4)


def check_gemma(folder, plain, world):
    gemma = whole(
        Gemma3ForConditionalGeneration.from_pretrained(folder / "gemma", dtype=torch.float32, output_loading_info=True)
    )
    tokenizer = AutoTokenizer.from_pretrained(folder / "gemma")
    processor = Gemma3ImageProcessorPil.from_pretrained(folder / "gemma")
    still = Image.fromarray(plain["media.0.pixels.0"].numpy())
    pixels = processor(still, return_tensors="pt")["pixel_values"]
    features = gemma.get_image_features(pixels)
    features = getattr(features, "pooler_output", features)
    features = features[0] if isinstance(features, (list, tuple)) else features
    tell("image tokens", float((features.reshape(-1, features.shape[-1]) - plain["image.embeds"]).abs().max()), 1e-3)

    ids = plain["sequence.token_ids"]
    prompt = len(ids) - len(plain.json["generated"])
    image = json.loads((folder / "gemma/config.json").read_text())["image_token_index"]
    types = (ids == image).long()
    said = gemma(
        input_ids=ids[None],
        pixel_values=pixels,
        token_type_ids=types[None],
        attention_mask=torch.ones(1, len(ids)),
    )
    compare_words("the still alone", said.logits[0], plain, prompt)
    text = tokenizer.decode(plain["generated.token_ids"], skip_special_tokens=True)
    if text.strip() != plain.json["answer"].strip():
        failures.append(f"the tokenizer reads {text!r}")

    rows = project(folder, world["world.latents"])
    tell("world tokens", float((rows - world["world.embeds"]).abs().max()), 1e-3)
    ids, kinds = world["sequence.token_ids"], world["sequence.kind"]
    embeds = gemma.get_input_embeddings()(ids.clamp(0, gemma.config.text_config.vocab_size - 1))
    embeds[kinds == 2] = world["image.embeds"]
    embeds[kinds == 3] = rows
    said = gemma(inputs_embeds=embeds[None], attention_mask=torch.ones(1, len(ids)))
    compare_words("with world tokens", said.logits[0], world, len(ids) - len(world.json["generated"]))


def check_cosmos(folder, world, terminal):
    vae = whole(
        AutoencoderKLWan.from_pretrained(folder / "cosmos/vae", dtype=torch.float32, output_loading_info=True)
    )
    transformer = whole(
        CosmosTransformer3DModel.from_pretrained(
            folder / "cosmos/transformer", dtype=torch.float32, output_loading_info=True
        )
    )
    encoder = whole(
        T5EncoderModel.from_pretrained(folder / "cosmos/text_encoder", dtype=torch.float32, output_loading_info=True)
    )
    frames = vae.decode(world["world.latents"][None]).sample[0].clamp(-1, 1)
    levels = ((frames + 1) / 2 * 255).round().to(torch.uint8).permute(1, 2, 3, 0)
    tell("decoded frames, levels of 255", float((levels.int() - world["rollout.frames"].int()).abs().max()), 1)

    seen = [Image.fromarray(world[f"media.0.vae_pixels.{i}"].numpy()) for i in range(5)]
    random = torch.Generator().manual_seed(1)
    shape = world["world.latents"].shape
    noise, vae_noise = (torch.randn(shape, generator=random) for _ in range(2))
    with tempfile.TemporaryDirectory() as work:
        Path(f"{work}/frames").mkdir()
        for index, frame in enumerate(seen):
            frame.save(f"{work}/frames/frame_{index}.png")
        save_file({"noise": noise, "vae_noise": vae_noise}, f"{work}/noise.safetensors")
        options = "--device cpu --frames 9 --steps 10 --height 64 --width 64 --skip-text --guidance 1 --fps 16"
        subprocess.run(
            [terminal, "rollout", "--world", folder / "cosmos", "--media", f"{work}/frames", *options.split()]
            + ["--condition-frames", "5", "--noise", f"{work}/noise.safetensors"]
            + ["--record", f"{work}/run.safetensors"],
            check=True,
            capture_output=True,
        )
        ours = Run(f"{work}/run.safetensors")
    DiagonalGaussianDistribution.sample = lambda self, generator=None: self.mean + self.std * vae_noise[None]
    pipeline = Cosmos2VideoToWorldPipeline.from_pretrained(
        folder / "cosmos",
        vae=vae,
        transformer=transformer,
        text_encoder=encoder,
        safety_checker=NoGuardrail(),
        dtype=torch.float32,
    )
    pipeline.set_progress_bar_config(disable=True)
    zeros = torch.zeros(1, 512, encoder.config.d_model)
    latents = pipeline(
        video=seen, prompt_embeds=zeros, negative_prompt_embeds=zeros, height=64, width=64, num_frames=9, fps=16,
        num_inference_steps=10, guidance_scale=1.0, latents=noise[None], output_type="latent",
    ).frames[0]  # fmt: skip
    mine = next(ours[name] for name in ("world.latents", "rollout.latents") if name in ours.tensors)
    tell("latents after ten steps", float((latents - mine).abs().max()), 1e-3)


def main():
    folder, session, terminal = Path(sys.argv[1]).resolve(), Path(sys.argv[2]), Path(sys.argv[3]).resolve()
    runs = [Run(path) for path in sorted((session / "runs").glob("*.safetensors"))]
    plain = next(run for run in runs if "world.embeds" not in run.tensors)
    world = next(run for run in runs if "world.embeds" in run.tensors)
    with torch.no_grad():
        check_gemma(folder, plain, world)
        check_cosmos(folder, world, terminal)
    for failure in failures:
        print("FAILED:", failure)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
