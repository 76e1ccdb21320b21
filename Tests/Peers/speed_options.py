"""What the programs that time another renderer are asked: one line of options for all of them."""
import argparse


def parse(description):
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scene")
    parser.add_argument("--samples", type=int, required=True)
    parser.add_argument("--sky", type=float, default=0.0, help="radiance of a white sky")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--depth", type=int, default=8, help="longest path in segments")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--roulette", action="store_true", help="paths may end early; none does otherwise")
    parser.add_argument("--through-cutouts", action="store_true", help="light passes the clear parts of masks, where that is a choice")
    return parser.parse_args()
