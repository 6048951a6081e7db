"""What every feature may use and what knows no feature: problems, clock, ids, money, geo, paging, secrets."""
