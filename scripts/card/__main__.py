"""The command scripts/gpu."""

from card.command import main

raise SystemExit(main())
