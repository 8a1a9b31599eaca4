"""`policy-checks container image`: which image is meant, and what it is built from."""

import argparse
import json

from policy_checks.commands import container_options
from policy_checks.commands.container_site import Site


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments."""
    container_options.set_usage(parser)
    container_options.add_variant(parser)
    parser.add_argument("--output-format", choices=("text", "json"), default="text", help="default: text")
    parser.epilog = "In a CI job the labels come from GITHUB_EVENT_PATH (GitHub) or CI_MERGE_REQUEST_LABELS (GitLab)."


def run(arguments: argparse.Namespace) -> int:
    """Prints the image."""
    site = Site(arguments)
    variant, build = site.variant, site.build
    shown = {
        "environment": variant.name,
        "reason": variant.reason,
        "base_image": build.base_image,
        "base_image_file": variant.environment.base_image,
        "dockerfile": variant.environment.dockerfile or "Dockerfile",
        "target": build.target,
        "tag": build.tag,
        "declared": variant.is_declared,
    }
    if arguments.output_format == "json":
        print(json.dumps(shown, indent=2, ensure_ascii=False))
        return 0
    print(f"environment  {shown['environment']} ({shown['reason']})")
    print(f"base image   {build.base_image} ({shown['base_image_file']})" if build.base_image else "base image   the Dockerfile's own")
    print(f"dockerfile   {shown['dockerfile']}")
    print(f"target       {build.target or 'the last stage'}")
    print(f"tag          {build.tag}")
    if not variant.is_declared:
        print("No environment of [tool.policy-checks.environments] names a dockerfile or base-image: these are the guide's.")
    return 0
