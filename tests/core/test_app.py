"""The server answers, and every failure is a problem."""

import httpx

from support.sign_in import sign_in
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


async def test_a_large_answer_is_compressed_for_who_can_read_it(client: httpx.AsyncClient, world: World) -> None:
    for _ in range(15):
        await world.add_visit(world.elder)
    headers = await sign_in(world, "manager")
    plain, packed = [
        await client.get("/api/v1/board", headers={**headers, "accept-encoding": accepted})
        for accepted in ("identity", "gzip")
    ]
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert "accept-encoding" in packed.headers["vary"].lower()
    assert packed.json()["visits"] == plain.json()["visits"]
    assert int(packed.headers["content-length"]) * 3 < int(plain.headers["content-length"])
