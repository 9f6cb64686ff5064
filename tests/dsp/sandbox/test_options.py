"""What the command line may say."""

import pytest

from pingpong.dsp.sandbox.options import Options, parse
from pingpong.dsp.sandbox.switch import Mode


def test_without_options_it_is_as_strict_as_the_real_platform():
    options = parse([])

    assert options == Options()
    assert (options.limit, options.window_s) == (40, 60)


def test_every_option_is_heeded():
    line = (
        "--host 0.0.0.0 --port 0 --limit 7 --window 5.5 --latency-min 1 --latency-max 2 "
        "--processing-s 9 --mode failed"
    )

    assert parse(line.split()) == Options("0.0.0.0", 0, 7, 5.5, 1, 2, 9, Mode.FAILED)


@pytest.mark.parametrize(
    "nonsense",
    [
        "--limit 0",
        "--limit many",
        "--window 0",
        "--window inf",
        "--port 65536",
        "--latency-min -1",
        "--latency-min 2 --latency-max 1",
        "--processing-s nan",
        "--mode sulk",
    ],
)
def test_nonsense_ends_it_with_2(nonsense: str, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        parse(nonsense.split())

    assert ended.value.code == 2
    assert "error: " in capsys.readouterr().err
