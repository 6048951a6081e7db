"""Procedures that a caregiver reads and acknowledges: safe bathing, and what to do in an emergency. Pure data.

朝民发〔2017〕37号 demands one for bathing ("制定助浴服务安全操作规程") and prints none; 民办函〔2022〕60号 demands one
for risks during the service ("相应预案和防范措施"). The steps are ours; a changed step is a new version.
"""

from doorstep.plans.wire import Procedure

EMERGENCY = "emergency"
BATHING_SAFETY = "bathing-safety"

_BATHING = Procedure(
    id=BATHING_SAFETY,
    version="1",
    zh=(
        "浴前问身体情况，量血压、体温。高压超过 160 或低压超过 100、体温超过 37.3℃、头晕胸闷、皮肤破溃、空腹或饭后"
        " 1 小时内，不洗，告诉调度员。",
        "室温 24–26℃，关窗避风，地面铺防滑垫，扶手和浴椅先试稳。",
        "先放冷水再放热水，水温 38–40℃，先用手腕内侧试，再请老人试。",
        "从脚到身，动作轻，时间不超过 20 分钟；全程不离开老人，浴室门不反锁。",
        "随时看脸色、问感觉；不舒服马上停，擦干保暖，按应急预案处理。",
        "浴后擦干穿衣，喝温水，坐着休息 10 分钟再离开；地面擦干。",
    ),
    en=(
        "Before: ask how the elder feels, take blood pressure and temperature. No bath above 160 or 100 mmHg or "
        "37.3 °C, with dizziness, a tight chest or broken skin, on an empty stomach or within an hour of a meal: "
        "tell the dispatcher.",
        "Room 24–26 °C, windows shut, non-slip mat down, handrail and bath chair tried.",
        "Cold water first, then hot, 38–40 °C; try it with the inside of your wrist, then let the elder try.",
        "From the feet up, gently, 20 minutes at most; never leave the elder, never lock the door.",
        "Watch the face and keep asking; at any discomfort stop, dry, keep warm, follow the emergency procedure.",
        "Afterwards dry and dress, warm water to drink, 10 minutes of sitting rest before you go; dry the floor.",
    ),
)

_EMERGENCY = Procedure(
    id=EMERGENCY,
    version="1",
    zh=(
        "先停下手里的服务，看老人有没有意识、呼吸，有没有出血；不随便搬动。",
        "有生命危险打 120，说清地址和老人情况；火灾、煤气打 119，治安打 110。",
        "需要社区帮助或不确定时打 12349 养老服务热线。",
        "马上告诉调度员，由调度员通知家属。",
        "陪在老人身边，等到医生、家属或同事来；把经过写在签退备注里。",
    ),
    en=(
        "Stop the service. Check consciousness, breathing and bleeding; do not move the elder needlessly.",
        "Danger to life: call 120 with the address and the elder's state; fire or gas: 119, crime: 110.",
        "Help of the community, or unsure: call 12349, the elder-care line.",
        "Tell the dispatcher at once, who tells the family.",
        "Stay with the elder until a doctor, relative or colleague is there; write what happened at check-out.",
    ),
)

PROCEDURES = {procedure.id: procedure for procedure in (_BATHING, _EMERGENCY)}
