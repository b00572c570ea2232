"""What is stored about a model between jobs: the generation in service, the last model id, the speed."""

from __future__ import annotations

from dataclasses import dataclass

from workers.library.state.database import StateDatabase


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """`speed`: seconds of music per second of work, 0 if never measured."""

    name: str
    generation: str = ""
    model_id: str = ""
    speed: float = 0.0


class Models:
    """The table `model`."""

    def __init__(self, state: StateDatabase) -> None:
        self._state = state

    def get(self, name: str) -> ModelRecord:
        """Return what is known of a model."""
        row = self._state.row("SELECT name, generation, model_id, speed FROM model WHERE name = ?", (name,))
        return ModelRecord(name) if row is None else ModelRecord(*row)

    def put(self, memory: ModelRecord) -> None:
        """Store all fields."""
        with self._state.write() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO model (name, generation, model_id, speed) VALUES (?, ?, ?, ?)",
                (memory.name, memory.generation, memory.model_id, memory.speed),
            )
