"""The server answers, and every failure is a problem."""

import httpx

from support.world import World


async def test_health_answers(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/health")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"


async def test_an_unknown_api_path_is_a_problem(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/nope")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "NOT_FOUND"


async def test_the_world_of_the_tests_can_be_built(world: World) -> None:
    assert await world.add_visit(world.elder)
