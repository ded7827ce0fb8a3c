//! Energy on sale, books, and slots that were cleared.

use super::{cut, index, moment, slots as slots_of, totals, zone};
use crate::{
    error::ApiError,
    extract::{UrlPath, UrlQuery},
    parse,
    routes::validators::no_index,
    state::App,
    views::{EnergyCreditPage, EnergyCreditView, KnownMarket, MarketView, SlotPage, SlotView},
};
use althing_ledger::{energy::query as energy, query};
use althing_types::{
    Address,
    energy::{EnergySettlementPayload, Zone},
};
use axum::{Json, extract::State};
use serde::Deserialize;
use std::{collections::BTreeSet, sync::Arc};
use utoipa::IntoParams;

/// Most slots that are looked at in one answer.
const MAX_SLOTS: usize = 400;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::routes) struct CreditsQuery {
    /// Only slots that begin at or after this second.
    slot_from: Option<u64>,
    /// Only slots that begin before this second.
    slot_to: Option<u64>,
    /// Slots wanted.
    limit: Option<usize>,
}

/// What a provider has to sell, oldest slot first
#[utoipa::path(get, path = "/v1/energy/providers/{address}/credits", tag = "energy",
    params(("address" = String, Path, description = "Its account"), CreditsQuery),
    responses((status = 200, description = "A page of slots", body = EnergyCreditPage)))]
pub(in crate::routes) async fn credits(
    State(app): State<Arc<App>>,
    UrlPath(address): UrlPath<String>,
    UrlQuery(page): UrlQuery<CreditsQuery>,
) -> Result<Json<EnergyCreditPage>, ApiError> {
    let (provider, limit) = (parse::address(&address)?, parse::limit(page.limit, &app.config)?);
    let key = energy::provider_key(provider);
    let records = app.read(vec![query::params_key(), key]).await?;
    let params = records.params(&app).energy;
    let record = records.get(key, energy::decode_provider);
    let range = (page.slot_from.unwrap_or(0), page.slot_to.unwrap_or(u64::MAX));
    let (slots, mut next) = candidates(&app, provider, range, params.slot_s).await?;
    let mut credits = Vec::new();
    let mut height = records.height;
    // Energy is sold where its provider is registered.
    if let Some(zone) = record.map(|record| record.zone) {
        let at = |slot: u64| energy::credit_key(&zone, slot, &provider);
        let found = app.read(slots.iter().map(|slot| at(*slot)).collect()).await?;
        height = found.height;
        for slot in slots {
            let Some(credit) = found.get(at(slot), energy::decode_credit) else { continue };
            if credits.len() == limit {
                next = Some(slot);
                break;
            }
            // A record stays until its time to lapse, also with nothing in it.
            let open = credit.available > 0 || credit.frozen > 0 || !credit.unpaid.is_empty();
            if open {
                credits.push(EnergyCreditView::new((&zone, slot, provider), &credit));
            }
        }
    }
    Ok(Json(EnergyCreditPage {
        height: height.get(),
        provider: provider.to_string(),
        credits,
        next,
    }))
}

/// Slots in which a provider may have energy, oldest first, and from where on others follow.
async fn candidates(
    app: &App,
    provider: Address,
    (from, to): (u64, u64),
    present: u64,
) -> Result<(Vec<u64>, Option<u64>), ApiError> {
    let lengths = slots_of::lengths(app, present).await;
    // A slot that begins before the end may have its energy from an hour behind it.
    let longest = lengths.last().copied().unwrap_or(0);
    let hours = index(app)?.hours(provider, (from, to.saturating_add(longest)), MAX_SLOTS + 1);
    let hours = hours.await.ok_or_else(no_index)?;
    let mut found = BTreeSet::new();
    let mut next = None;
    for (seen, hour) in hours.iter().enumerate() {
        let slots = slots_of::of_hour(*hour, &lengths);
        if found.len() > MAX_SLOTS || seen == MAX_SLOTS {
            // Slots that begin before those of this hour are all known by now.
            next = slots.first().copied();
            break;
        }
        found.extend(slots);
    }
    let end = next.unwrap_or(to).min(to);
    let slots: Vec<u64> = found.range(from..end.max(from)).copied().collect();
    Ok((slots, next.filter(|next| *next < to)))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::routes) struct MarketQuery {
    /// The zone.
    zone: String,
    /// When the slot begins, in seconds since 1970 (UTC).
    slot: u64,
    /// `next` of the page before: only energy of providers behind this account.
    after: Option<String>,
    /// Providers wanted whose energy is told.
    limit: Option<usize>,
}

/// The market of a slot of a zone: offers, orders, attested energy, and how it was cleared
#[utoipa::path(get, path = "/v1/energy/market", tag = "energy", params(MarketQuery),
    responses((status = 200, description = "The market", body = MarketView)))]
pub(in crate::routes) async fn market(
    State(app): State<Arc<App>>,
    UrlQuery(wanted): UrlQuery<MarketQuery>,
) -> Result<Json<MarketView>, ApiError> {
    let limit = parse::limit(wanted.limit, &app.config)?;
    let (zone, slot) = (zone(Some(&wanted.zone))?.unwrap_or_default(), wanted.slot);
    let after = super::account(&wanted.after)?;
    let book = energy::book_key(&zone, slot);
    let records = app.read(vec![query::params_key(), book]).await?;
    let params = records.params(&app).energy;
    let (mut makers, mut cleared) = (Vec::new(), None);
    if let Some(index) = app.backend.energy() {
        let between = (slot, slot.saturating_add(params.slot_s));
        let found = index.makers(zone.clone(), between, after, limit + 1).await;
        makers = found.ok_or_else(no_index)?;
        cleared = index.slot(zone.clone(), slot).await.flatten();
    }
    let more = cut(&mut makers, limit);
    let next = makers.last().copied().filter(|_| more);
    let at = |maker: &Address| energy::credit_key(&zone, slot, maker);
    let found = app.read(makers.iter().map(at).collect()).await?;
    let credit = |maker: &Address| Some((*maker, found.get(at(maker), energy::decode_credit)?));
    let credits = makers.iter().filter_map(credit).collect();
    let rules = totals(&app).await?.0.map(|record| record.settlement);
    let known = KnownMarket {
        mode: rules.unwrap_or_else(EnergySettlementPayload::initial).mode,
        book: records.get(book, energy::decode_book),
        credits,
        cleared,
        next,
        zone,
        slot,
    };
    Ok(Json(MarketView::new(&known, moment(&app, &records, &params), app.show())))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::routes) struct SlotsQuery {
    /// Only those of this zone.
    zone: Option<String>,
    /// `next` of the page before: only clearings with a lower number.
    before: Option<u64>,
    /// Entries wanted.
    limit: Option<usize>,
}

/// Slots that were cleared, newest clearing first
#[utoipa::path(get, path = "/v1/energy/slots", tag = "energy", params(SlotsQuery),
    responses((status = 200, description = "A page of them", body = SlotPage)))]
pub(in crate::routes) async fn slots(
    State(app): State<Arc<App>>,
    UrlQuery(page): UrlQuery<SlotsQuery>,
) -> Result<Json<SlotPage>, ApiError> {
    let limit = parse::limit(page.limit, &app.config)?;
    let zone: Option<Zone> = zone(page.zone.as_deref())?;
    let found = index(&app)?.slots(zone, page.before, limit + 1).await;
    let mut slots = found.ok_or_else(no_index)?;
    let more = cut(&mut slots, limit);
    Ok(Json(SlotPage {
        slots: slots.iter().map(|slot| SlotView::new(slot, app.show())).collect(),
        next: slots.last().filter(|_| more).map(|last| last.number),
    }))
}
