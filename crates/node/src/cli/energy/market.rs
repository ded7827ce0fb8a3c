//! Offers, orders, tariffs and purchases.

use super::{
    account, acts_for, send, told,
    units::{block_time, energy, moment, price, slot_of},
};
use crate::cli::{
    args::{EnergyBuy, EnergyCancel, EnergyOffer, EnergyOrder, EnergySlots, EnergyTariff},
    context::Context,
    error::{CliError, Exit},
    online::with_chain,
    output,
    tx::Plan,
};
use althing_client::http::{
    Client, MarketInfo, OpenOrderInfo, ProviderInfo, SlotInfo, TariffInfo, Version,
};
use althing_types::{
    Amount, Payload,
    energy::{Zone, cost_up},
    message::{BuyEnergy, CancelEnergyOrder, OfferEnergy, OrderEnergy, PostTariff},
};

/// The slot that is meant, told apart from a time within it.
async fn slot(client: &Client, time: u64) -> Result<(u64, String), CliError> {
    let slot_s = client.params().await?.energy.slot_s;
    let slot = slot_of(time, slot_s);
    let told = format!("{} to {}", moment(slot), moment(slot.saturating_add(slot_s)));
    Ok((slot, told))
}

/// `althing energy offer`
///
/// # Errors
/// Those of transactions.
pub(super) fn offer(context: &Context, args: &EnergyOffer) -> Result<(), CliError> {
    with_chain(context, async |client, chain| {
        let signer = context.signer(args.sending.from.as_deref())?;
        let provider = acts_for(context, args.provider.as_deref(), &signer)?;
        let (slot, slot_text) = slot(&client, args.slot).await?;
        let plan = Plan {
            facts: vec![
                ("slot", slot_text),
                ("energy", energy(args.wh)),
                ("at least for", price(args.min_price, &chain.symbol)),
                (
                    "if it is sold",
                    "you are paid when nobody can dispute the sale any more".to_owned(),
                ),
            ],
            question: format!("Offer {}", energy(args.wh)),
        };
        let (wh, min_price) = (args.wh, args.min_price);
        let payload = Payload::OfferEnergy(OfferEnergy { provider, slot, wh, min_price });
        send(context, (&client, &chain), &signer, (payload, &args.sending), plan).await
    })
}

/// What is set aside at most.
fn at_most(wh: u64, price: Amount) -> Result<Amount, CliError> {
    cost_up(wh, price).map_err(|error| CliError::usage(format!("this costs too much: {error}")))
}

/// `althing energy order`
///
/// # Errors
/// Those of transactions.
pub(super) fn order(context: &Context, args: &EnergyOrder) -> Result<(), CliError> {
    let cost = at_most(args.wh, args.max_price)?;
    with_chain(context, async |client, chain| {
        let signer = context.signer(args.sending.from.as_deref())?;
        let (slot, slot_text) = slot(&client, args.slot).await?;
        let cost = output::tokens_of(cost, &chain.symbol);
        let plan = Plan {
            facts: vec![
                ("zone", args.zone.to_string()),
                ("slot", slot_text),
                ("energy", energy(args.wh)),
                ("at most for", price(args.max_price, &chain.symbol)),
                ("set aside", format!("{cost}; what is not needed comes back")),
            ],
            question: format!("Order {} for at most {cost}", energy(args.wh)),
        };
        let (zone, wh, max_price) = (args.zone.clone(), args.wh, args.max_price);
        let payload = Payload::OrderEnergy(OrderEnergy { zone, slot, wh, max_price });
        send(context, (&client, &chain), &signer, (payload, &args.sending), plan).await
    })
}

/// `althing energy cancel`
///
/// # Errors
/// Those of transactions.
pub(super) fn cancel(context: &Context, args: &EnergyCancel) -> Result<(), CliError> {
    with_chain(context, async |client, chain| {
        let signer = context.signer(args.sending.from.as_deref())?;
        let (slot, slot_text) = slot(&client, args.slot).await?;
        let plan = Plan {
            facts: vec![
                ("number", args.number.to_string()),
                ("zone", args.zone.to_string()),
                ("slot", slot_text),
            ],
            question: format!("Take {} back", args.number),
        };
        let (zone, number) = (args.zone.clone(), args.number);
        let payload = Payload::CancelEnergyOrder(CancelEnergyOrder { zone, slot, number });
        send(context, (&client, &chain), &signer, (payload, &args.sending), plan).await
    })
}

/// `althing energy tariff`
///
/// # Errors
/// Those of transactions.
pub(super) fn tariff(context: &Context, args: &EnergyTariff) -> Result<(), CliError> {
    with_chain(context, async |client, chain| {
        let signer = context.signer(args.sending.from.as_deref())?;
        let provider = acts_for(context, args.provider.as_deref(), &signer)?;
        let (per_kwh, wh) = (args.price.unwrap_or(Amount::ZERO), args.wh.unwrap_or(0));
        let plan = match args.end {
            true => {
                Plan { facts: Vec::new(), question: "Sell nothing at once any more".to_owned() }
            }
            false => Plan {
                facts: vec![
                    ("energy", energy(wh)),
                    ("price", price(per_kwh, &chain.symbol)),
                    ("buyers", "whoever comes first, of what is attested".to_owned()),
                ],
                question: format!("Sell {} at once", energy(wh)),
            },
        };
        let payload = Payload::PostTariff(PostTariff { provider, price: per_kwh, wh });
        send(context, (&client, &chain), &signer, (payload, &args.sending), plan).await
    })
}

/// `althing energy buy`
///
/// # Errors
/// Those of transactions; exit code 4 if the provider has no tariff.
pub(super) fn buy(context: &Context, args: &EnergyBuy) -> Result<(), CliError> {
    with_chain(context, async |client, chain| {
        let signer = context.signer(args.sending.from.as_deref())?;
        let seller = client.energy_provider(context.address(&args.provider)?).await?;
        let now = tariff_of(&seller)?;
        let max_price = args.max_price.unwrap_or(now.price);
        let (slot, slot_text) = slot(&client, args.slot).await?;
        let cost = output::tokens_of(at_most(args.wh, max_price)?, &chain.symbol);
        let plan = Plan {
            facts: vec![
                ("from", format!("{} in {}", seller.name, seller.zone)),
                ("slot", slot_text),
                ("energy", format!("at most {}", energy(args.wh))),
                ("its tariff", price(now.price, &chain.symbol)),
                ("at most for", price(max_price, &chain.symbol)),
            ],
            question: format!("Buy {} for at most {cost}", energy(args.wh)),
        };
        let (provider, wh) = (seller.address, args.wh);
        let payload = Payload::BuyEnergy(BuyEnergy { provider, slot, wh, max_price });
        send(context, (&client, &chain), &signer, (payload, &args.sending), plan).await
    })
}

fn tariff_of(seller: &ProviderInfo) -> Result<&TariffInfo, CliError> {
    seller.tariff.as_ref().ok_or_else(|| {
        let message = format!("{} sells nothing at once: it has posted no tariff", seller.name);
        CliError::new(Exit::Rejected, "no_tariff", message)
    })
}

/// `althing energy market`
///
/// # Errors
/// As any question to a node.
pub(super) async fn show(
    context: &Context,
    client: &Client,
    chain: &Version,
    (zone, time): (&Zone, Option<u64>),
) -> Result<(), CliError> {
    let now = client.energy().await?;
    let slot = time.map_or(now.slot, |time| slot_of(time, now.slot_s));
    let market = client.energy_market(zone, slot).await?;
    if told(context, &market)? {
        return Ok(());
    }
    let sum =
        |parts: &[u64]| energy(parts.iter().fold(0u64, |sum, part| sum.saturating_add(*part)));
    let available: Vec<u64> = market.credits.iter().map(|credit| credit.available).collect();
    let frozen: Vec<u64> = market.credits.iter().map(|credit| credit.frozen).collect();
    let mut facts = vec![
        ("zone", market.zone.to_string()),
        ("slot", format!("{} to {}", moment(market.slot), moment(market.ends))),
        ("mode", market.mode.to_string()),
        ("attested and on sale", sum(&available)),
        ("held back", sum(&frozen)),
    ];
    match &market.cleared {
        Some(cleared) => facts.push((
            "cleared",
            format!("{} at {}", energy(cleared.wh), price(cleared.price, &chain.symbol)),
        )),
        None => facts.push(("clears", format!("from {} on", moment(market.clears)))),
    }
    output::facts(&facts);
    book(&market, chain);
    Ok(())
}

fn book(market: &MarketInfo, chain: &Version) {
    let row = |number: u64, side: &str, who: String, wh: u64, per_kwh: Amount| {
        vec![number.to_string(), side.to_owned(), who, energy(wh), price(per_kwh, &chain.symbol)]
    };
    let offers = market.offers.iter().map(|offer| {
        row(offer.number, "offer", offer.provider.to_string(), offer.wh, offer.min_price)
    });
    let orders = market.orders.iter().map(|order| {
        row(order.number, "order", order.buyer.to_string(), order.wh, order.max_price)
    });
    let rows: Vec<Vec<String>> = offers.chain(orders).collect();
    if rows.is_empty() {
        output::line("\nnothing is offered or ordered");
        return;
    }
    output::line("");
    output::rows(&["number", "side", "account", "energy", "price"], &[0, 3, 4], &rows);
}

/// `althing energy slots`
///
/// # Errors
/// As any question to a node.
pub(super) async fn slots(
    context: &Context,
    client: &Client,
    chain: &Version,
    args: &EnergySlots,
) -> Result<(), CliError> {
    let page = client.energy_slots(args.zone.as_ref(), None, Some(args.limit as usize)).await?;
    if told(context, &page)? {
        return Ok(());
    }
    if page.slots.is_empty() {
        output::line("no slot was cleared yet");
        return Ok(());
    }
    let row = |slot: &SlotInfo| {
        vec![
            slot.zone.to_string(),
            moment(slot.slot),
            price(slot.price, &chain.symbol),
            energy(slot.wh),
            slot.sales.to_string(),
            output::about(slot.paid, &chain.symbol),
            output::about(slot.refunds, &chain.symbol),
            format!("{}, {}", slot.height, block_time(slot.time_ms)),
        ]
    };
    let rows: Vec<Vec<String>> = page.slots.iter().map(row).collect();
    let header = ["zone", "slot", "price", "energy", "sales", "paid", "back", "in block"];
    output::rows(&header, &[2, 3, 4, 5, 6], &rows);
    Ok(())
}

/// `althing energy tariffs`
///
/// # Errors
/// As any question to a node.
pub(super) async fn tariffs(
    context: &Context,
    client: &Client,
    chain: &Version,
    args: &EnergySlots,
) -> Result<(), CliError> {
    let page = client.tariffs(args.zone.as_ref(), None, Some(args.limit as usize)).await?;
    if told(context, &page)? {
        return Ok(());
    }
    if page.tariffs.is_empty() {
        output::line("nobody sells at once");
        return Ok(());
    }
    let row = |tariff: &TariffInfo| {
        vec![
            tariff.provider.to_string(),
            tariff.name.to_string(),
            tariff.zone.to_string(),
            price(tariff.price, &chain.symbol),
            energy(tariff.wh),
        ]
    };
    let rows: Vec<Vec<String>> = page.tariffs.iter().map(row).collect();
    output::rows(&["provider", "name", "zone", "price", "left"], &[3, 4], &rows);
    Ok(())
}

/// `althing energy orders`
///
/// # Errors
/// As any question to a node.
pub(super) async fn orders(
    context: &Context,
    client: &Client,
    chain: &Version,
    name: Option<&str>,
) -> Result<(), CliError> {
    let orders = client.energy_orders(account(context, name)?).await?;
    if told(context, &orders)? {
        return Ok(());
    }
    if orders.is_empty() {
        output::line("no open offers or orders");
        return Ok(());
    }
    let row = |order: &OpenOrderInfo| {
        vec![
            order.number.to_string(),
            if order.offer { "offer" } else { "order" }.to_owned(),
            order.zone.to_string(),
            moment(order.slot),
            energy(order.wh),
            price(order.price, &chain.symbol),
            output::about(order.escrow, &chain.symbol),
        ]
    };
    let rows: Vec<Vec<String>> = orders.iter().map(row).collect();
    let header = ["number", "side", "zone", "slot", "energy", "price", "set aside"];
    output::rows(&header, &[0, 4, 5, 6], &rows);
    Ok(())
}
